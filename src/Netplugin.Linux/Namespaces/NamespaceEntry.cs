using System.Collections.Concurrent;

namespace Netplugin.Linux.Namespaces;

/// <summary>
/// The one thread that visits other namespaces. setns(2) changes the calling thread only, and a pool thread that is moved takes
/// whatever work it runs next with it (worker threads it starts are even born in the wrong place). So work is handed to this
/// dedicated thread, which goes, does the work, and comes back before it takes the next piece. A thread for each visit would
/// cost ten times as much as the visit.
/// </summary>
internal static class NamespaceEntry
{
    private static readonly BlockingCollection<Visit> Visits = [];
    private static readonly Lazy<Thread> Traveller = new(StartTraveller);

    /// <summary>Runs work that may change the thread's network namespace; the thread is taken home afterwards.</summary>
    /// <exception cref="InvalidOperationException">Called from such work: the thread would wait for itself.</exception>
    internal static T Run<T>(Func<T> work) => Start(work).GetAwaiter().GetResult();

    /// <summary>The same for a caller that does something else meanwhile.</summary>
    /// <exception cref="InvalidOperationException">Called from such work.</exception>
    internal static Task<T> Start<T>(Func<T> work)
    {
        if (Traveller.Value == Thread.CurrentThread)
        {
            throw new InvalidOperationException("work inside a namespace cannot ask for another visit");
        }

        var visit = new Visit<T>(work);
        Visits.Add(visit);
        return visit.Done;
    }

    private static Thread StartTraveller()
    {
        // The context of whoever comes first must not flow into everyone's work.
        using var suppressed = ExecutionContext.SuppressFlow();
        var thread = new Thread(Travel) { IsBackground = true, Name = "namespace visits" };
        thread.Start();
        return thread;
    }

    private static void Travel()
    {
        using var home = NetworkNamespace.OpenOwn();
        foreach (var visit in Visits.GetConsumingEnumerable())
        {
            visit.Make();
            try
            {
                home.Enter();
            }
            catch (KernelException lost)
            {
                // Everything this thread does next would happen in a pod's namespace.
                Environment.FailFast("the thread that visits namespaces cannot come back", lost);
            }

            visit.Finish();
        }
    }

    private abstract class Visit
    {
        /// <summary>Does the work and keeps what came of it.</summary>
        internal abstract void Make();

        /// <summary>Lets the caller have it; called only once the thread is home.</summary>
        internal abstract void Finish();
    }

    private sealed class Visit<T>(Func<T> work) : Visit
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _error;
        private T? _result;

        internal Task<T> Done => _done.Task;

        internal override void Make()
        {
            try
            {
                _result = work();
            }
            catch (Exception error)
            {
                _error = error;
            }
        }

        internal override void Finish()
        {
            if (_error is null)
            {
                _done.SetResult(_result!);
            }
            else
            {
                _done.SetException(_error);
            }
        }
    }
}
