using System.Collections.Immutable;

namespace Netplugin.Agent.Loop;

/// <summary>One at a time for each sandbox: an ADD, a DEL and the keeper never work on the same pod at once.</summary>
internal sealed class PodTurns
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>Sandboxes somebody works on, or waits for.</summary>
    public ImmutableHashSet<string> Busy
    {
        get
        {
            lock (_gate)
            {
                return [.. _turns.Keys];
            }
        }
    }

    /// <summary>Waits for the sandbox's turn; dispose the result to end it.</summary>
    public async Task<IDisposable> EnterAsync(string sandbox, CancellationToken cancellationToken)
    {
        Turn turn;
        lock (_gate)
        {
            if (!_turns.TryGetValue(sandbox, out turn!))
            {
                _turns.Add(sandbox, turn = new Turn(this, sandbox));
            }

            turn.Users++;
        }

        try
        {
            await turn.Semaphore.WaitAsync(cancellationToken);
        }
        catch
        {
            Leave(turn, entered: false);
            throw;
        }

        return new Entered(turn);
    }

    private void Leave(Turn turn, bool entered)
    {
        lock (_gate)
        {
            if (entered)
            {
                turn.Semaphore.Release();
            }

            if (--turn.Users == 0)
            {
                _turns.Remove(turn.Sandbox);
                turn.Semaphore.Dispose();
            }
        }
    }

    private sealed class Turn(PodTurns owner, string sandbox)
    {
        public string Sandbox { get; } = sandbox;

        public PodTurns Owner { get; } = owner;

        public SemaphoreSlim Semaphore { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Entered(Turn turn) : IDisposable
    {
        private bool _left;

        public void Dispose()
        {
            if (!_left)
            {
                _left = true;
                turn.Owner.Leave(turn, entered: true);
            }
        }
    }
}
