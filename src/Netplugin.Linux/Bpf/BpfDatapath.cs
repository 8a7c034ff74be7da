using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Netplugin.Linux.Bpf.Interop;
using Netplugin.Linux.Bpf.Layout;
using Netplugin.Linux.Interop;

namespace Netplugin.Linux.Bpf;

/// <summary>
/// The node's datapath in the kernel. <see cref="Open(string, DatapathSizes, TimeProvider)"/> finds or makes the maps of this build's layout and sizes, <see cref="Observe()"/>
/// and <see cref="Apply"/> read and write them, and <see cref="Activate"/> moves the node to this build's programs over these maps.
/// Until then the programs of the build before go on over theirs, so: open, fill completely, activate. Everything is pinned; disposing
/// closes descriptors and changes nothing in the kernel. One user at a time; not safe for use by several threads.
/// </summary>
public sealed partial class BpfDatapath : IDisposable
{
    /// <summary>Slots of the program array, <c>enum np_slot</c>, and the programs that belong there.</summary>
    private static readonly ImmutableArray<(uint Slot, string Program)> Slots =
        [(0, "np_from_pod"), (1, "np_to_pod"), (2, "np_from_overlay"), (3, "np_to_overlay"), (4, "np_from_underlay")];

    private static readonly ImmutableArray<string> CommonMaps =
    [
        "np_progs", "np_drops", "np_counters", "np_connections", "np_quotas", "np_affinity",
        "np_policy_state", "np_identities", "np_identity_blocks", "np_subjects", "np_verdicts", "np_ports_of", "np_denied", "np_flows", "np_observed", "np_events",
    ];

    private static readonly ImmutableArray<string> GenerationMaps =
        ["np_node", "np_networks", "np_endpoints", "np_interfaces", "np_vteps", "np_blocks", "np_frontends", "np_backends", "np_members", "np_shared"];

    private readonly PinFolder _pins;
    private readonly SafeFileHandle _node;
    private readonly SafeFileHandle _progs;
    private readonly uint _slotCount;
    private readonly SafeFileHandle _drops;
    private readonly SafeFileHandle _counters;
    private readonly BpfMap<uint, NetworkValue> _networks;
    private readonly BpfMap<EndpointKeyValue, EndpointValue> _endpoints;
    private readonly BpfMap<uint, InterfaceValue> _interfaces;
    private readonly BpfMap<WireAddress, VtepValue> _vteps;
    private readonly BpfMap<BlockKeyValue, BlockValue> _blocks;
    private readonly BpfMap<FrontendKeyValue, byte> _shared;
    private readonly BpfMap<ulong, QuotaValue> _quotas;
    private readonly FrontendMaps _frontends;
    private readonly ImmutableDictionary<string, SafeFileHandle> _programs;
    private readonly string _build;
    private bool _programsArePinned;

    private BpfDatapath(
        PinFolder pins, string generation, string build, BpfObject loaded, ImmutableDictionary<string, SafeFileHandle>? pinned, StubPrograms stubs, TimeProvider time)
    {
        _pins = pins;
        Generation = generation;
        _build = build;
        Stubs = stubs;
        _node = loaded.TakeMap("np_node");
        _progs = loaded.TakeMap("np_progs");
        _slotCount = loaded.Definition("np_progs").MaxEntries;
        _drops = loaded.TakeMap("np_drops");
        _counters = loaded.TakeMap("np_counters");
        _networks = Take<uint, NetworkValue>(loaded, "np_networks");
        _endpoints = Take<EndpointKeyValue, EndpointValue>(loaded, "np_endpoints");
        _interfaces = Take<uint, InterfaceValue>(loaded, "np_interfaces");
        _vteps = Take<WireAddress, VtepValue>(loaded, "np_vteps");
        _blocks = Take<BlockKeyValue, BlockValue>(loaded, "np_blocks");
        _shared = Take<FrontendKeyValue, byte>(loaded, "np_shared");
        _quotas = Take<ulong, QuotaValue>(loaded, "np_quotas");
        _frontends = new(
            Take<FrontendKeyValue, FrontendValue>(loaded, "np_frontends"), Take<BackendKeyValue, BackendValue>(loaded, "np_backends"),
            Take<MemberKeyValue, uint>(loaded, "np_members"), LastTableOf(loaded), time);
        _programs = pinned ?? Judging(loaded).ToImmutableDictionary(name => name, loaded.TakeProgram);
        _programsArePinned = pinned is not null;
        Policies = new(loaded);
        EnsureQuotas();
    }

    /// <summary>The name of this build's layout and sizes: 16 hex digits. Another name than before means new maps.</summary>
    public string Generation { get; }

    /// <summary>The maps that policies are enforced by, which are the same for all generations.</summary>
    public KernelPolicyMaps Policies { get; }

    /// <summary>What to attach to devices. The same programs as before this build where they are equal.</summary>
    public StubPrograms Stubs { get; }

    /// <summary>True when maps of another build are still pinned beside this one's: its programs may still be the ones at work.</summary>
    public bool HasOlderGeneration => _pins.Generations().Any(name => name != Generation);

    /// <summary>
    /// Loads the programs, or takes those of this build that are pinned, and finds the maps: those that are pinned for this layout and these
    /// sizes are used with what is in them, else new ones are made and filled with what those of the build before hold, field by field under
    /// the same names. Changes nothing about what is attached or at work.
    /// </summary>
    /// <param name="directory">Where pins are kept; a BPF file system is mounted when there is none.</param>
    /// <param name="sizes">The maps' sizes.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <exception cref="KernelException">The kernel refuses; the message says why.</exception>
    public static BpfDatapath Open(string directory, DatapathSizes sizes, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        using var stream = typeof(BpfDatapath).Assembly.GetManifestResourceStream("datapath.bpf.o")
            ?? throw new InvalidOperationException("this build has no eBPF object");
        var image = new byte[stream.Length];
        stream.ReadExactly(image);
        return Open(directory, sizes, image, time);
    }

    /// <summary>
    /// Moves the node to this build's programs, a write for each, and pins them; then forgets the programs of other builds, and the maps of
    /// other generations.
    /// </summary>
    /// <exception cref="KernelException">The kernel refuses; the programs not yet exchanged go on.</exception>
    public unsafe void Activate()
    {
        foreach (var (slot, program) in Slots)
        {
            var key = slot;
            var descriptor = (int)_programs[program].DangerousGetHandle();
            var result = LibBpf.UpdateElement(_progs, &key, &descriptor, 0);
            if (result < 0)
            {
                throw new KernelException("put into the program array", program, -result);
            }
        }

        // A later build that was taken back has put programs in slots unknown to this one; they would go on over maps that nobody writes.
        for (var slot = (uint)Slots.Length; slot < _slotCount; slot++)
        {
            var result = LibBpf.DeleteElement(_progs, &slot);
            if (result < 0 && -result != Errno.NoEntry)
            {
                throw new KernelException("take out of the program array", slot.ToString(CultureInfo.InvariantCulture), -result);
            }
        }

        if (!_programsArePinned)
        {
            ProgramPins.Pin(_pins.Programs(Generation, _build), _programs);
            _programsArePinned = true;
        }

        _pins.DeleteOtherPrograms(Generation, _build);
        foreach (var other in _pins.Generations().Where(name => name != Generation).ToArray())
        {
            _pins.DeleteGeneration(other);
        }
    }

    /// <summary>Unpins all maps and programs of a node. What is still attached to a device drops from then on.</summary>
    /// <param name="directory">Where pins are kept; one that is not there is no error.</param>
    public static void Remove(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        new PinFolder(directory).DeleteAll();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var program in _programs.Values)
        {
            program.Dispose();
        }

        Stubs.FromPod.Dispose();
        Stubs.ToPod.Dispose();
        Stubs.FromOverlay.Dispose();
        Stubs.ToOverlay.Dispose();
        Stubs.FromUnderlay.Dispose();
        Policies.Dispose();
        _frontends.Dispose();
        _quotas.Dispose();
        _shared.Dispose();
        _blocks.Dispose();
        _vteps.Dispose();
        _interfaces.Dispose();
        _endpoints.Dispose();
        _networks.Dispose();
        _counters.Dispose();
        _drops.Dispose();
        _progs.Dispose();
        _node.Dispose();
    }

    /// <summary>As the public one, with another object file: tests bring one with more programs.</summary>
    internal static BpfDatapath Open(string directory, DatapathSizes sizes, ReadOnlySpan<byte> image, TimeProvider? time = null)
    {
        BpfFileSystem.Ensure(directory);
        var pins = new PinFolder(directory);
        using var loading = BpfObject.Open(image);
        if (!loading.Programs.Contains(SweepProgram))
        {
            throw new InvalidOperationException($"the eBPF object has no program {SweepProgram}");
        }

        loading.SetSize("np_endpoints", sizes.Endpoints);
        loading.SetSize("np_networks", sizes.Networks);
        loading.SetSize("np_interfaces", sizes.Interfaces);
        loading.SetSize("np_vteps", sizes.Vteps);
        loading.SetSize("np_blocks", sizes.Blocks);
        loading.SetSize("np_frontends", sizes.Frontends);
        loading.SetSize("np_backends", sizes.Backends);
        loading.SetSize("np_members", sizes.Backends);
        loading.SetSize("np_shared", sizes.Shared);
        var generation = MapDefinition.Generation(GenerationMaps.Select(loading.Definition));

        Directory.CreateDirectory(pins.Common);
        var build = ContentName.Of(image);
        var ofBuild = pins.Programs(generation, build);
        Directory.CreateDirectory(ofBuild);
        foreach (var name in CommonMaps)
        {
            loading.SetPin(name, Path.Combine(pins.Common, name));
        }

        foreach (var name in GenerationMaps)
        {
            loading.SetPin(name, Path.Combine(pins.Generation(generation), name));
        }

        // A compiler's own (.bss) has a dot in its name and cannot be pinned; no program of ours has one.
        foreach (var name in loading.Maps.Except(CommonMaps).Except(GenerationMaps).Where(name => !name.Contains('.', StringComparison.Ordinal)))
        {
            loading.SetPin(name, Path.Combine(ofBuild, name));
        }

        var pinned = ProgramPins.Find(ofBuild, [.. Judging(loading)]);
        foreach (var name in pinned?.Keys ?? [])
        {
            loading.LeaveOut(name);
        }

        loading.Load();
        if (pinned is not null && !ProgramPins.UseOnly(pinned, loading.MapNumbers()))
        {
            foreach (var program in pinned.Values)
            {
                program.Dispose();
            }

            Directory.Delete(ofBuild, recursive: true);
            return Open(directory, sizes, image, time);
        }

        foreach (var older in pins.Generations().Where(name => name != generation).ToArray())
        {
            foreach (var name in GenerationMaps)
            {
                using var to = loading.TakeMap(name);
                MapCopy.Run(Path.Combine(pins.Generation(older), name), to, loading.Definition(name));
            }
        }

        return new(pins, generation, build, loading, pinned, StubPins.Take(pins, loading), time ?? TimeProvider.System);
    }

    /// <summary>A loaded program by name, for tests.</summary>
    internal SafeFileHandle Program(string name) => _programs[name];

    /// <summary>The programs that are not attached to devices themselves.</summary>
    private static IEnumerable<string> Judging(BpfObject loaded) => loaded.Programs.Where(name => !name.StartsWith("np_stub_", StringComparison.Ordinal));

    private static BpfMap<TKey, TValue> Take<TKey, TValue>(BpfObject loaded, string name)
        where TKey : unmanaged
        where TValue : unmanaged =>
        new(loaded.TakeMap(name), name, loaded.Definition(name).ValueSize);
}
