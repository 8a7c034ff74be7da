using Netplugin.Core.Addresses;
using Netplugin.Core.Model;
using Netplugin.Core.Policies.Compiling;

namespace Netplugin.Core.Policies.Maps;

/// <summary>Which endpoints are behind which devices, and what tables they have and are to have.</summary>
internal sealed class SubjectDevices
{
    private readonly Dictionary<IfIndex, (EndpointId Endpoint, ulong Number)> _devices = [];
    private readonly Dictionary<EndpointId, List<IfIndex>> _devicesOf = [];
    private readonly Dictionary<EndpointId, SubjectTables> _tables = [];

    // What endpoints that are to have other tables have until the next generation.
    private readonly Dictionary<EndpointId, SubjectTables> _before = [];

    // Devices in the map that an earlier daemon wrote, until there is a generation of this one.
    private readonly Dictionary<IfIndex, (ulong Number, SubjectTables Before)> _found = [];
    private readonly HashSet<IfIndex> _going = [];

    /// <summary>The devices that go when the next generation is there.</summary>
    public IReadOnlyCollection<IfIndex> Going => _going;

    public void Find(SubjectEntry entry, ulong generation) => _found[entry.Device] = (entry.EndpointNumber, entry.Tables.At(generation));

    /// <summary>An endpoint is to have tables; <see cref="SubjectTables.Closed"/> for one that is not there.</summary>
    public void Set(EndpointId endpoint, SubjectTables tables)
    {
        _before.TryAdd(endpoint, TablesOf(endpoint));
        _tables[endpoint] = tables;
    }

    /// <summary>An endpoint is not there.</summary>
    public void Remove(EndpointId endpoint) => _tables.Remove(endpoint);

    /// <summary>A device is an endpoint's.</summary>
    public void Attach(IPolicyMaps maps, EndpointId endpoint, IfIndex device, ulong number)
    {
        if (_devices.TryGetValue(device, out var known) && known == (endpoint, number))
        {
            return;
        }

        // Of the same attachment an earlier daemon's entry is still right.
        if (!_found.TryGetValue(device, out var found) || found.Number != number)
        {
            var tables = _before.TryGetValue(endpoint, out var before) ? before : TablesOf(endpoint);
            maps.SetSubject(device, number, new(tables, tables, 0));
            _found.Remove(device);
        }

        Forget(device);
        _going.Remove(device);
        _devices[device] = (endpoint, number);
        if (!_devicesOf.TryGetValue(endpoint, out var devices))
        {
            _devicesOf[endpoint] = devices = new(1);
        }

        devices.Add(device);
    }

    /// <summary>A device is nobody's.</summary>
    public void Detach(IPolicyMaps maps, IfIndex device)
    {
        maps.RemoveSubject(device);
        _found.Remove(device);
        _going.Remove(device);
        Forget(device);
    }

    /// <summary>Devices that an earlier daemon wrote: those that are nobody's are to go, and the others to have what their endpoints have.</summary>
    public void TakeFound()
    {
        foreach (var device in _found.Keys)
        {
            if (_devices.TryGetValue(device, out var known))
            {
                _before.TryAdd(known.Endpoint, TablesOf(known.Endpoint));
            }
            else
            {
                _going.Add(device);
            }
        }
    }

    /// <summary>The entries to be written.</summary>
    public IEnumerable<SubjectEntry> Writes(ulong generation)
    {
        foreach (var (endpoint, before) in _before)
        {
            foreach (var device in _devicesOf.GetValueOrDefault(endpoint) ?? [])
            {
                var has = _found.TryGetValue(device, out var found) ? found.Before : before;
                yield return new(device, _devices[device].Number, new(has, TablesOf(endpoint), generation));
            }
        }

        foreach (var device in _going)
        {
            var (number, before) = _found[device];
            yield return new(device, number, new(before, SubjectTables.Closed, generation));
        }
    }

    /// <summary>The generation is there.</summary>
    public void Swapped()
    {
        _before.Clear();
        _found.Clear();
    }

    /// <summary>Those that were to go are gone.</summary>
    public void Removed() => _going.Clear();

    private SubjectTables TablesOf(EndpointId endpoint) => _tables.GetValueOrDefault(endpoint, SubjectTables.Closed);

    private void Forget(IfIndex device)
    {
        if (_devices.Remove(device, out var known) && _devicesOf[known.Endpoint].Remove(device) && _devicesOf[known.Endpoint].Count == 0)
        {
            _devicesOf.Remove(known.Endpoint);
        }
    }
}
