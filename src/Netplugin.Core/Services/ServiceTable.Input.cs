using System.Collections.Immutable;

namespace Netplugin.Core.Services;

/// <content>What a table is made from, while it changes.</content>
public sealed partial class ServiceTable
{
    private sealed class Input(
        ImmutableDictionary<NamespacedName, Entry>.Builder entries, ImmutableDictionary<NamespacedName, NamespacedName>.Builder services)
    {
        public ImmutableDictionary<NamespacedName, Entry>.Builder Entries { get; } = entries;

        public ImmutableDictionary<NamespacedName, NamespacedName>.Builder Services { get; } = services;

        /// <summary>The Services whose frontends may have changed.</summary>
        public HashSet<NamespacedName> Touched { get; } = [];

        public void Apply(ServiceChange change)
        {
            switch (change)
            {
                case ServiceChange.SetService(var service):
                    Set(service);
                    break;
                case ServiceChange.RemoveService(var name):
                    RemoveService(name);
                    break;
                case ServiceChange.SetAllServices(var all):
                    All(Entries.Keys, all, service => service.Name, Set, RemoveService);
                    break;
                case ServiceChange.SetEndpoints(var endpoints):
                    Set(endpoints);
                    break;
                case ServiceChange.RemoveEndpoints(var name):
                    RemoveEndpoints(name);
                    break;
                case ServiceChange.SetAllEndpoints(var all):
                    All(Services.Keys, all, endpoints => endpoints.Name, Set, RemoveEndpoints);
                    break;
                default:
                    throw new ArgumentException($"unknown change {change}", nameof(change));
            }
        }

        /// <summary>Keeps what is known of a Service, or forgets it when that is nothing.</summary>
        public void Keep(NamespacedName name, Entry entry)
        {
            if (entry.Service is null && entry.Endpoints.IsEmpty)
            {
                Entries.Remove(name);
            }
            else
            {
                Entries[name] = entry;
            }
        }

        private static void All<T>(
            IEnumerable<NamespacedName> known, ImmutableArray<T> all, Func<T, NamespacedName> nameOf, Action<T> set, Action<NamespacedName> remove)
        {
            foreach (var gone in known.Except(all.Select(nameOf)).ToArray())
            {
                remove(gone);
            }

            foreach (var one in all)
            {
                set(one);
            }
        }

        private void Set(ServiceSpec service) => Edit(service.Name, entry => entry with { Service = service });

        private void RemoveService(NamespacedName name) => Edit(name, entry => entry with { Service = null });

        private void Set(ServiceEndpoints endpoints)
        {
            if (Services.TryGetValue(endpoints.Name, out var before) && before != endpoints.Service)
            {
                RemoveEndpoints(endpoints.Name);
            }

            Services[endpoints.Name] = endpoints.Service;
            Edit(endpoints.Service, entry => entry with { Endpoints = entry.Endpoints.SetItem(endpoints.Name, endpoints) });
        }

        private void RemoveEndpoints(NamespacedName name)
        {
            if (Services.Remove(name, out var service))
            {
                Edit(service, entry => entry with { Endpoints = entry.Endpoints.Remove(name) });
            }
        }

        private void Edit(NamespacedName name, Func<Entry, Entry> edit)
        {
            Touched.Add(name);
            Entries[name] = edit(Entries.GetValueOrDefault(name, Entry.Nothing));
        }
    }
}
