using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Netplugin.Core.Policies.Compiling;
using Netplugin.Core.Services;
using Netplugin.Linux.Bpf;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Tests.Bpf.Kernel;

namespace Netplugin.Tests.Bpf;

public sealed class LayoutTests
{
    [Theory]
    [InlineData("np_node", typeof(NodeValue))]
    [InlineData("np_network", typeof(NetworkValue))]
    [InlineData("np_endpoint_key", typeof(EndpointKeyValue))]
    [InlineData("np_endpoint", typeof(EndpointValue))]
    [InlineData("np_interface", typeof(InterfaceValue))]
    [InlineData("np_vtep", typeof(VtepValue))]
    [InlineData("np_block_key", typeof(BlockKeyValue))]
    [InlineData("np_block", typeof(BlockValue))]
    [InlineData("np_count", typeof(CountValue))]
    [InlineData("np_frontend_key", typeof(FrontendKeyValue))]
    [InlineData("np_frontend", typeof(FrontendValue))]
    [InlineData("np_backend_key", typeof(BackendKeyValue))]
    [InlineData("np_backend", typeof(BackendValue))]
    [InlineData("np_member_key", typeof(MemberKeyValue))]
    [InlineData("np_tuple", typeof(TupleValue))]
    [InlineData("np_connection", typeof(ConnectionValue))]
    [InlineData("np_quota", typeof(QuotaValue))]
    [InlineData("np_swept", typeof(SweepCounts))]
    [InlineData("np_policy_state", typeof(PolicyStateValue))]
    [InlineData("np_identity", typeof(IdentityValue))]
    [InlineData("np_sealed_identity", typeof(SealedIdentityValue))]
    [InlineData("np_identity_block_key", typeof(IdentityBlockKeyValue))]
    [InlineData("np_tables", typeof(TablesValue))]
    [InlineData("np_subject", typeof(SubjectValue))]
    [InlineData("np_sealed_subject", typeof(SealedSubjectValue))]
    [InlineData("np_verdict_key", typeof(VerdictKeyValue))]
    [InlineData("np_policy_verdict", typeof(VerdictValue))]
    [InlineData("np_port_key", typeof(PortKeyValue))]
    [InlineData("np_flow_key", typeof(FlowKeyValue))]
    [InlineData("np_flow", typeof(FlowValue))]
    [InlineData("np_flow_event", typeof(FlowEventValue))]
    public void A_structure_has_the_fields_of_the_object_at_the_same_places(string name, Type mirror)
    {
        using var opened = BpfObject.Open(TestObject.Image);
        var fields = opened.Types.FieldsOf(opened.Types.Find(name)!.Value).Where(field => field.Name != "spare");

        Assert.Equal(fields, mirror.GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Select(field =>
            new BtfField(field.Name.ToLowerInvariant() switch { "vxlanifindex" => "vxlan_ifindex", "overlaymtu" => "overlay_mtu", "gatewaymac" => "gateway_mac", "nexthop" => "next_hop", "prefixlen" => "prefix_len", "headlen" => "head_len", "selfingress" => "self_ingress", "selfegress" => "self_egress", var same => same },
                (int)Marshal.OffsetOf(mirror, field.Name), SizeOf(field.FieldType))));
    }

    [Fact]
    public void Padding_is_explicit_so_that_keys_and_values_have_no_undefined_bytes()
    {
        using var opened = BpfObject.Open(TestObject.Image);
        foreach (var name in new[] { "np_node", "np_network", "np_endpoint_key", "np_endpoint", "np_interface", "np_vtep", "np_block_key", "np_block", "np_count", "np_frontend_key", "np_frontend", "np_backend_key", "np_backend", "np_member_key", "np_tuple", "np_connection", "np_quota", "np_affinity_key", "np_affinity", "np_policy_state", "np_identity", "np_sealed_identity", "np_identity_block_key", "np_tables", "np_subject", "np_sealed_subject", "np_verdict_key", "np_policy_verdict", "np_port_key", "np_flow_key", "np_flow", "np_flow_event" })
        {
            var type = opened.Types.Find(name)!.Value;
            Assert.Equal(opened.Types.SizeOf(type), opened.Types.FieldsOf(type).Sum(field => field.Size));
        }
    }

    [Fact]
    public void Drop_reasons_are_those_of_the_object()
    {
        AssertSame<DropReason>("np_reason", "NP_REASON_");
    }

    [Fact]
    public void Marks_are_those_of_the_object()
    {
        AssertSame<PacketMarks>("np_mark", "NP_MARK_");
    }

    [Fact]
    public void Events_are_those_of_the_object()
    {
        AssertSame<DatapathEvent>("np_event", "NP_EVENT_");
    }

    [Fact]
    public void Actions_are_those_of_the_object()
    {
        AssertSame<FrontendAction>("np_action", "NP_ACTION_");
    }

    [Fact]
    public void Kinds_of_verdicts_are_those_of_the_object()
    {
        AssertSame<VerdictKind>("np_policy_kind", "NP_POLICY_");
    }

    [Fact]
    public void What_is_shown_is_what_the_object_shows()
    {
        AssertSame<FlowEventKind>("np_shown", "NP_SHOWN_");
        AssertSame<FlowEventKinds>("np_observe", "NP_OBSERVE_", FlowEventKinds.None);
    }

    [Fact]
    public void Names_for_operators_are_snake_case()
    {
        Assert.Equal("overlay_unknown_source", DatapathCounters.NameOf(DropReason.OverlayUnknownSource));
        Assert.Equal("tunnelled_out", DatapathCounters.NameOf(DatapathEvent.TunnelledOut));
    }

    // Less those that the object has no name for.
    private static void AssertSame<TEnum>(string name, string prefix, params TEnum[] unnamed)
        where TEnum : struct, Enum
    {
        using var opened = BpfObject.Open(TestObject.Image);
        var native = opened.Types.Enumerators(opened.Types.Find(name)!.Value)
            .Where(pair => pair.Key != prefix + "COUNT")
            .ToDictionary(pair => Pascal(pair.Key[prefix.Length..]), pair => pair.Value);
        var managed = Enum.GetValues<TEnum>().Except(unnamed).ToDictionary(value => value.ToString(), value => Convert.ToInt32(value, CultureInfo.InvariantCulture));
        Assert.Equal(native.OrderBy(pair => pair.Value), managed.OrderBy(pair => pair.Value));
    }

    private static string Pascal(string upper)
    {
        var name = new StringBuilder();
        foreach (var word in upper.Split('_'))
        {
            name.Append(word[0]).Append(word[1..].ToLowerInvariant());
        }

        return name.ToString();
    }

    private static int SizeOf(Type type) => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
