using System.Collections.Immutable;
using System.Text;
using Netplugin.Core.Model;
using Netplugin.Store;
using Netplugin.Tests.EndToEnd.Traffic;
using Netplugin.Tests.Support;
using Netplugin.Tests.Support.Nodes;
using Netplugin.Tests.Support.Processes;

namespace Netplugin.Tests.EndToEnd;

/// <summary>What the store says of policies and cannot be read is closed.</summary>
public sealed class PolicyUnreadableTests
{
    private const string Tenant = "one";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(false, "policy one/back")]
    [InlineData(true, "policy one/group back")]
    public async Task Who_is_in_a_group_whose_record_or_policy_a_daemon_that_starts_cannot_read_is_closed_until_it_can(bool isGroup, string policy)
    {
        using Cluster cluster = await Cluster.StartAsync(1);
        cluster.Post(PolicyIntent.Of(new PolicyTenant(Tenant, 10001, new("front", ["f1"]), new("back", ["b1"], "in 1 allow any"), new("db", ["d1"])))).Succeeded();
        Pod front = cluster[1].CreatePod("f1"), back = cluster[1].CreatePod("b1"), db = cluster[1].CreatePod("d1");
        string fronts = front.Add(), backs = back.Add(), dbs = db.Add();
        Assert.Equal((true, true, true), (front.Reaches(backs), back.Reaches(fronts), front.Reaches(dbs)));

        using var records = new PolicyRecords(cluster);
        var name = new TenantedName(Tenant, "back");
        string key = Base64(isGroup ? StoreKeys.Group(name) : StoreKeys.Policy(name));
        ImmutableDictionary<string, string> good = await records.ReadAsync(), damaged = good.SetItem(key, Base64("""{"tenant":"one","""));
        cluster[1].Daemon.Kill();
        await records.ChangeAsync(good, damaged);
        await cluster[1].LaunchDaemonAsync();

        await Eventually.HoldsAsync("the group to be closed", () => !front.Reaches(backs) && !back.Reaches(fronts), Minute);
        Assert.True(front.Reaches(dbs));
        Assert.Contains($"DENIED: {policy}, ingress rule 0 (cannot be read)\n", Explained("f1", "b1"), StringComparison.Ordinal);
        Assert.Contains($"DENIED: {policy}, egress rule 1 (cannot be read)\n", Explained("b1", "f1"), StringComparison.Ordinal);
        Assert.Contains("cannot be read: ", cluster.Netdcli("policy", "list", "-o", "json").Succeeded(), StringComparison.Ordinal);
        Assert.Contains((await cluster[1].StatusAsync())!.Problems, problem => problem.StartsWith($"{policy} denies everything", StringComparison.Ordinal));

        await records.ChangeAsync(damaged, good);
        await Eventually.HoldsAsync("the group to be open again", () => front.Reaches(backs) && back.Reaches(fronts), Minute);

        string Explained(string from, string to)
        {
            CommandResult said = cluster.Netdcli("policy", "explain", "--from", $"{Tenant}/orange/{from}", "--to", $"{Tenant}/orange/{to}", "--protocol", "icmp");
            return said.Output + said.Error;
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
