using Netdcli.Verbs;
using Netplugin.Core.Flags;
using Netplugin.Core.Model;

namespace Netdcli.Legacy;

/// <summary>The original's flags with the original's names and meanings, read by Go's rules; ours beside them.</summary>
internal sealed class LegacyFlags
{
    /// <summary>Defines them all.</summary>
    public LegacyFlags()
    {
        Cfg = Set.Boolean("cfg", "post FILE: make the cluster's intent equal to it; what it does not name is removed");
        AddCfg = Set.Boolean("add-cfg", "post FILE: add what it names");
        DelCfg = Set.Boolean("del-cfg", "post FILE: remove what it names; a network goes when listed without endpoints and groups, a tenant when listed without networks and policies");
        HostBindingsCfg = Set.Boolean("host-bindings-cfg", "post FILE: an array of {Container, Host, AttachUUID} that says where containers run; an empty Host unbinds");
        Help = Set.Boolean("help", "show this and exit; \"netdcli --help\" teaches more");
        Debug = Set.Boolean("debug", "say on stderr what is being done");
        Oper = Set.Choice("oper", "", "what to do with a -construct", "get", "create", "delete", "attach", "detach");
        Construct = Set.Choice(
            "construct", "", "what the positional id names", "global", "network", "endpoint", "vlan-rsrc", "vxlan-rsrc", "subnet-rsrc");
        Tenant = Set.Text("tenant", NetworkId.DefaultTenant, "the tenant; for -oper get it narrows the search when given", "name");
        NetId = Set.Text("net-id", "", "network of a new endpoint (accepted; only -oper create and attach used it)", "name");
        Tag = Set.Text("tag", "auto", "VLAN id or VNI (accepted; only -oper create and attach used it)");
        TagType = Set.Text("tag-type", "vlan", "vlan or vxlan (accepted; only -oper create and attach used it)");
        Subnet = Set.Text("subnet", "", "subnet as a CIDR (accepted; only -oper create and attach used it)", "cidr");
        ContainerId = Set.Text("container-id", "", "container name (accepted; only -oper create and attach used it)", "name");
        AttachUuid = Set.Text("attach-uuid", "", "container to attach to (accepted; only -oper create and attach used it)", "id");
        Vlans = Set.Text("vlans", "", "VLAN ranges (accepted; only -oper create and attach used it)", "ranges");
        Vxlans = Set.Text("vxlans", "", "VNI ranges (accepted; only -oper create and attach used it)", "ranges");
        AllocSubnetLen = Set.Number("alloc-subnet-len", 24, "length of an allocated subnet (accepted; only -oper create and attach used it)");
        Host = Set.Text("host", "", "host of a new endpoint (accepted; only -oper create and attach used it)", "name");
        VtepIp = Set.Text("vtep-ip", "", "address of a VTEP endpoint (accepted; only -oper create and attach used it)", "address");
        IntfName = Set.Text("intf-name", "", "interface of a new endpoint (accepted; only -oper create and attach used it)", "name");
        IpAddress = Set.Text("ip-address", "auto", "address of a new endpoint (accepted; only -oper create and attach used it)", "address");
        Gateway = Set.Text("gw", "", "gateway of a new network (accepted; only -oper create and attach used it)", "address");
        NetmasterUrl = Set.Text("netmaster-url", "", "accepted and not used: there is no netmaster, posts go straight to the store", "url");
        EtcdUrl = Set.Text("etcd-url", "", "etcd servers, comma separated; none (here, or by -store-url or $NETPLUGIN_ETCD_ENDPOINTS) = this host's own netplugin", "urls");
        StoreUrl = Set.Text("store-url", "", "the same as -etcd-url", "urls");
        StateStore = Set.Text("state-store", "etcd", "kind of store; only etcd", "kind");
        EtcdCa = Set.Text("etcd-ca", "", "file with the CA that etcd's certificate must come from, PEM ($NETPLUGIN_ETCD_CA)", "file");
        EtcdCert = Set.Text("etcd-cert", "", "file with the client's certificate, PEM ($NETPLUGIN_ETCD_CERT)", "file");
        EtcdKey = Set.Text("etcd-key", "", "file with the client's private key, PEM ($NETPLUGIN_ETCD_KEY)", "file");
    }

    /// <summary>The flags that say which store: verbs know them too.</summary>
    public IReadOnlyList<GoFlag> StoreFlags => [EtcdUrl, StoreUrl, StateStore, EtcdCa, EtcdCert, EtcdKey];

    /// <summary>True for <c>-etcd-url URL get networks</c>: store flags, then a verb. Anything else is the original's.</summary>
    public bool LeadToVerb(GoFlagResult parsed) =>
        parsed.Error is null
        && parsed.Positionals is [var word, ..]
        && RootVerb.Names.Contains(word)
        && !Set.Flags.Any(f => parsed.IsSet(f) && !StoreFlags.Contains(f));

    /// <summary>The set, for parsing and the usage text.</summary>
    public GoFlagSet Set { get; } = new("netdcli");

    public GoFlag<bool> Cfg { get; }

    public GoFlag<bool> AddCfg { get; }

    public GoFlag<bool> DelCfg { get; }

    public GoFlag<bool> HostBindingsCfg { get; }

    public GoFlag<bool> Help { get; }

    public GoFlag<bool> Debug { get; }

    public GoFlag<string> Oper { get; }

    public GoFlag<string> Construct { get; }

    public GoFlag<string> Tenant { get; }

    public GoFlag<string> NetId { get; }

    public GoFlag<string> Tag { get; }

    public GoFlag<string> TagType { get; }

    public GoFlag<string> Subnet { get; }

    public GoFlag<string> ContainerId { get; }

    public GoFlag<string> AttachUuid { get; }

    public GoFlag<string> Vlans { get; }

    public GoFlag<string> Vxlans { get; }

    public GoFlag<int> AllocSubnetLen { get; }

    public GoFlag<string> Host { get; }

    public GoFlag<string> VtepIp { get; }

    public GoFlag<string> IntfName { get; }

    public GoFlag<string> IpAddress { get; }

    public GoFlag<string> Gateway { get; }

    public GoFlag<string> NetmasterUrl { get; }

    public GoFlag<string> EtcdUrl { get; }

    public GoFlag<string> StoreUrl { get; }

    public GoFlag<string> StateStore { get; }

    public GoFlag<string> EtcdCa { get; }

    public GoFlag<string> EtcdCert { get; }

    public GoFlag<string> EtcdKey { get; }
}
