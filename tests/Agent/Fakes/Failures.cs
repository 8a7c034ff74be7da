using Netplugin.Linux;

namespace Netplugin.Tests.Agent.Fakes;

/// <summary>Fails one call of all that the fakes get, counted together.</summary>
internal sealed class Failures
{
    private const int InputOutput = 5;

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>The call that fails, from 1; 0: none.</summary>
    public int FailAt { get; set; }

    /// <summary>Counts from 0 again.</summary>
    public void Restart(int failAt) => (Calls, FailAt) = (0, failAt);

    /// <summary>A call came.</summary>
    public void Count(string operation)
    {
        Calls++;
        if (Calls == FailAt)
        {
            throw new KernelException(operation, "a fake", InputOutput, "made to fail");
        }
    }
}
