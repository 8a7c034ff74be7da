using Netplugin.Core.Policies.Normal;
using Netplugin.Core.Services;

namespace Netplugin.Core.Policies.Compiling;

/// <summary>The rules of a direction for endpoints that have the same ones, and what they say of each identity. Its content never changes: other rules are another table.</summary>
internal sealed class SubjectTable
{
    private readonly Rule[] _rules;
    private readonly int[] _everybody;
    private readonly Dictionary<Atom, List<int>> _asked = [];
    private readonly Dictionary<(TransportProtocol Transport, string Name), IReadOnlyDictionary<ushort, Atom>> _ports = [];
    private readonly uint[] _isolated = new uint[Enum.GetValues<PolicyStage>().Length];

    /// <summary>Makes one, which asks its conditions until it leaves them, and has its reasons until these are released.</summary>
    public SubjectTable(uint number, TableKey key, AtomBook atoms, NumberBook<PolicyReason> reasons)
    {
        Number = number;
        Key = key;
        var ordered = key.Parts
            .SelectMany(part => part.Rules.Select(rule => (part.Stage, Value: rule)))
            .OrderBy(rule => rule.Stage).ThenBy(rule => rule.Value.Precedence).ThenBy(rule => rule.Value.Id.Policy).ThenBy(rule => rule.Value.Id.Rule)
            .ToArray();
        List<int> everybody = [];
        _rules = new Rule[ordered.Length];
        for (var i = 0; i < ordered.Length; i++)
        {
            var (stage, rule) = ordered[i];
            _rules[i] = new(stage, rule.Action, reasons.Use(new PolicyReason.ByRule(rule.Id)), Spans(rule), Names(rule, atoms));
            foreach (var peer in rule.Peers)
            {
                if (Condition.Of(peer, key.Network) is not { } condition)
                {
                    everybody.Add(i);
                    continue;
                }

                _asked.AddUnder(atoms.Ask(condition, this), i);
            }
        }

        _everybody = [.. everybody.Distinct()];
        foreach (var stage in key.Parts.Where(part => part.Isolates).GroupBy(part => part.Stage))
        {
            _isolated[(int)stage.Key] = reasons.Use(new PolicyReason.Isolated(key.Direction, [.. stage.Select(part => part.Id)]));
        }
    }

    public uint Number { get; }

    public TableKey Key { get; }

    /// <summary>How many endpoints have it, in whichever place.</summary>
    public int Uses { get; set; }

    /// <summary>True while it asks its conditions.</summary>
    public bool IsAsking { get; private set; } = true;

    /// <summary>True when the maps have it.</summary>
    public bool IsWritten { get; set; }

    /// <summary>What it says of identity 0; null: not worked out.</summary>
    public Verdict? OfNobody { get; set; }

    /// <summary>What it says of those of which it says something else.</summary>
    public Dictionary<Identity, Verdict> Verdicts { get; } = [];

    /// <summary>Its reasons; one that it has several times as often.</summary>
    public IEnumerable<uint> Reasons => _rules.Select(rule => rule.Reason).Concat(_isolated.Where(reason => reason != 0));

    /// <summary>The identities of which it may say something else than of identity 0.</summary>
    public IEnumerable<Identity> Candidates() =>
        _asked.Keys.Concat(_ports.Values.SelectMany(numbers => numbers.Values)).SelectMany(atom => atom.Identities).Where(identity => identity.Uses > 0).Distinct();

    /// <summary>Asks its conditions again.</summary>
    public void Ask(AtomBook atoms)
    {
        IsAsking = true;
        foreach (var atom in _asked.Keys)
        {
            atoms.Ask(atom.Condition, this);
        }

        foreach (var port in _ports.Keys)
        {
            atoms.AskPort(port, this);
        }
    }

    /// <summary>Asks nothing any more.</summary>
    public void Leave(AtomBook atoms)
    {
        IsAsking = false;
        foreach (var atom in _asked.Keys)
        {
            atoms.Leave(atom, this);
        }

        foreach (var port in _ports.Keys)
        {
            atoms.LeavePort(port, this);
        }
    }

    /// <summary>What it says of whom these conditions hold.</summary>
    public RuleDecision Decide(Atom[] atoms)
    {
        List<int> places = [.. _everybody];
        foreach (var atom in atoms)
        {
            if (_asked.TryGetValue(atom, out var rules))
            {
                places.AddRange(rules);
            }
        }

        places.Sort();
        List<(Rule Rule, List<TrafficSpan> Spans)> matching = [];
        for (var i = 0; i < places.Count; i++)
        {
            if (i == 0 || places[i] != places[i - 1])
            {
                var rule = _rules[places[i]];
                matching.Add((rule, rule.Names.Length == 0 ? rule.Spans : [.. rule.Spans, .. NumbersOf(rule, atoms)]));
            }
        }

        return new(port => Decide(matching, port), matching.SelectMany(one => one.Spans));
    }

    // First match decides in each stage; the stages as the remarks of NormalPolicy have it.
    private Verdict Decide(List<(Rule Rule, List<TrafficSpan> Spans)> matching, TrafficPoint point)
    {
        Span<Verdict?> stages = [null, null, null, null];
        Span<bool> isDone = [false, false, false, false];
        foreach (var (rule, spans) in matching)
        {
            var stage = (int)rule.Stage;
            if (!isDone[stage] && IsIn(spans, point))
            {
                isDone[stage] = true;
                stages[stage] = rule.Action switch
                {
                    PolicyAction.Accept => new(VerdictKind.Allow, rule.Reason),
                    PolicyAction.Deny => new(VerdictKind.Deny, rule.Reason),
                    _ => null,
                };
            }
        }

        for (var stage = 0; stage < stages.Length; stage++)
        {
            if (!isDone[stage] && _isolated[stage] != 0)
            {
                stages[stage] = new(VerdictKind.Deny, _isolated[stage]);
            }
        }

        var (ofNamespace, ofIntent) = (stages[(int)PolicyStage.NetworkPolicy], stages[(int)PolicyStage.Intent]);
        var middle = ofNamespace is { Kind: VerdictKind.Deny } ? ofNamespace : ofIntent is { Kind: VerdictKind.Deny } ? ofIntent : ofNamespace ?? ofIntent;
        return stages[(int)PolicyStage.Admin] ?? middle ?? stages[(int)PolicyStage.Baseline] ?? Verdict.Undecided;
    }

    private static bool IsIn(List<TrafficSpan> spans, TrafficPoint point)
    {
        foreach (var span in spans)
        {
            if (span.Has(point))
            {
                return true;
            }
        }

        return false;
    }

    private List<TrafficSpan> Spans(NormalRule rule)
    {
        List<TrafficSpan> spans = [];
        foreach (var traffic in rule.Traffic)
        {
            switch (traffic)
            {
                case NormalTraffic.All:
                    spans.Add(TrafficSpan.All);
                    break;
                case NormalTraffic.Protocol protocol:
                    spans.Add(new(protocol.Number, 0, ushort.MaxValue));
                    break;
                case NormalTraffic.Ports ports:
                    spans.Add(new((byte)ports.Transport, ports.First, ports.Last));
                    break;
                case NormalTraffic.Named named when Key.Direction == PolicyDirection.Ingress:
                    spans.AddRange(Key.Ports.Where(port => port.Name == named.Name && port.Protocol == named.Transport).Select(port => TrafficSpan.Of(port.Protocol, port.Number)));
                    break;
                default:
                    break;
            }
        }

        return spans;
    }

    // The numbers of an egress rule's named ports are the other end's.
    private IReadOnlyDictionary<ushort, Atom>[] Names(NormalRule rule, AtomBook atoms)
    {
        if (Key.Direction == PolicyDirection.Ingress)
        {
            return [];
        }

        var names = rule.Traffic.OfType<NormalTraffic.Named>().Select(named => (named.Transport, named.Name)).Distinct().ToArray();
        foreach (var name in names)
        {
            _ports.TryAdd(name, atoms.AskPort(name, this));
        }

        return [.. names.Select(name => _ports[name])];
    }

    private static IEnumerable<TrafficSpan> NumbersOf(Rule rule, Atom[] atoms) =>
        from atom in atoms
        let port = atom.Condition as Condition.Port
        where port is not null && rule.Names.Any(numbers => numbers.TryGetValue(port.Number, out var named) && named == atom)
        select TrafficSpan.Of(port.Transport, port.Number);

    private sealed record Rule(PolicyStage Stage, PolicyAction Action, uint Reason, List<TrafficSpan> Spans, IReadOnlyDictionary<ushort, Atom>[] Names);
}
