using CsCheck;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Tests.Support.Policies;

namespace Netplugin.Tests.Core.Policies;

/// <summary>
/// How a compiler hears of a cluster that was one thing and became another: each object's former and latter state in this order, some of them twice or not at all, the objects in any order; and
/// when it is asked for changes meanwhile.
/// </summary>
/// <param name="Former">What the cluster was.</param>
/// <param name="Latter">What it is at the end.</param>
/// <param name="Steps">What the compiler is told; null: it is asked for changes.</param>
internal sealed record ChangeScript(PolicyCase Former, PolicyCase Latter, Action<PolicyCompiler>?[] Steps)
{
    /// <summary>Scripts.</summary>
    public static readonly Gen<ChangeScript> Gen = Of(PolicyGens.CaseGen(1));

    /// <summary>Scripts of many policies.</summary>
    public static readonly Gen<ChangeScript> CrowdGen = Of(PolicyGens.CaseGen(1, PolicyGens.CrowdGen));

    private static Gen<ChangeScript> Of(Gen<PolicyCase> cases) => CsCheck.Gen.Select(cases, cases, CsCheck.Gen.Int[0, 999].Array[400])
        .Select((former, latter, draws) => new ChangeScript(former, latter, Of(former, latter, draws)));

    /// <inheritdoc/>
    public override string ToString() => $"{Former}\n\nbecame\n{Latter}";

    private static Action<PolicyCompiler>?[] Of(PolicyCase former, PolicyCase latter, int[] draws)
    {
        var (was, becomes) = (ByName(former), ByName(latter));
        var next = 0;
        List<(int At, Action<PolicyCompiler>? Step)> steps = [.. Enumerable.Range(0, 5).Select(_ => (Draw(), (Action<PolicyCompiler>?)null))];
        foreach (var (name, (_, _, remove)) in was.Concat(becomes).DistinctBy(one => one.Key))
        {
            List<Action<PolicyCompiler>> told = [];
            if (was.TryGetValue(name, out var first) && Draw() % 4 > 0)
            {
                told.Add(first.Set);
            }

            if (Draw() % 4 == 0)
            {
                told.Add(remove);
            }

            var last = becomes.TryGetValue(name, out var second) ? second.Set : remove;
            told.Add(last);
            if (Draw() % 4 == 0)
            {
                told.Add(last);
            }

            int[] times = [.. told.Select(_ => Draw()).Order()];
            steps.AddRange(told.Select((step, i) => (times[i], (Action<PolicyCompiler>?)step)));
        }

        return [.. steps.OrderBy(step => step.At).Select(step => step.Step)];

        int Draw() => draws[next++ % draws.Length];
    }

    private static Dictionary<string, Told> ByName(PolicyCase one) => Told.Objects(one).ToDictionary(told => told.Name);
}
