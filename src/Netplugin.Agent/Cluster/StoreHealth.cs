namespace Netplugin.Agent.Cluster;

/// <summary>How the connection to the store is, kept by everything that talks to it. Safe from any thread.</summary>
/// <param name="time">The clock.</param>
internal sealed class StoreHealth(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _losses;
    private StoreHealthReport _report = new(false, "no answer from the store yet", time.GetUtcNow(), null, 0);

    /// <summary>How it is now.</summary>
    public StoreHealthReport Report
    {
        get
        {
            lock (_gate)
            {
                return _report;
            }
        }
    }

    /// <summary>How often the connection was lost.</summary>
    public long Losses
    {
        get
        {
            lock (_gate)
            {
                return _losses;
            }
        }
    }

    /// <summary>The store answered.</summary>
    /// <param name="revision">The revision it spoke of; 0 when it did not say.</param>
    public void Answered(long revision)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _report = new(true, "", _report.Connected ? _report.Since : now, now, Math.Max(revision, _report.Revision));
        }
    }

    /// <summary>Another content is followed from now on: its revisions count anew.</summary>
    public void Restarted(long revision)
    {
        lock (_gate)
        {
            _report = _report with { Revision = revision };
        }
    }

    /// <summary>The store did not answer.</summary>
    public void Failed(string reason)
    {
        lock (_gate)
        {
            _losses += _report.Connected ? 1 : 0;
            _report = _report with { Connected = false, Reason = reason, Since = _report.Connected ? time.GetUtcNow() : _report.Since };
        }
    }
}

/// <summary>The store's connection at one moment.</summary>
/// <param name="Connected">The last thing tried went well.</param>
/// <param name="Reason">Why not; empty while connected.</param>
/// <param name="Since">Since when it is as it is.</param>
/// <param name="LastAnswer">When the store last answered; null when never.</param>
/// <param name="Revision">Highest revision heard of.</param>
internal sealed record StoreHealthReport(bool Connected, string Reason, DateTimeOffset Since, DateTimeOffset? LastAnswer, long Revision);
