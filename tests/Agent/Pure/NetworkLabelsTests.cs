using Netplugin.Agent.Resolve;
using Netplugin.Core.Collections;
using Netplugin.Core.Model;

namespace Netplugin.Tests.Agent.Pure;

/// <summary>Which network labels name, as a table.</summary>
public sealed class NetworkLabelsTests
{
    // The pod's tenant, network and group, its namespace's, and what comes of them; "-": there is no such label.
    [Theory]
    [InlineData("- - -", "- - -", null)]
    [InlineData("blue web -", "- - -", "blue/web of the pod")]
    [InlineData("- web -", "- - -", "default/web of the pod")]
    [InlineData("blue - -", "- - -", "blue/default-net of the pod")]
    [InlineData("- - db", "- - -", null)]
    [InlineData("- - db", "blue web -", "blue/web db of the namespace")]
    [InlineData("- - db", "blue web app", "blue/web db of the namespace")]
    [InlineData("- - -", "blue web app", "blue/web app of the namespace")]
    [InlineData("- - -", "- web -", "default/web of the namespace")]
    [InlineData("- - -", "blue - -", "blue/default-net of the namespace")]
    [InlineData("- - -", "- - app", null)]
    [InlineData("- web -", "blue api app", "default/web of the pod")]
    [InlineData("red - -", "blue api app", "red/default-net of the pod")]
    [InlineData("red web db", "blue api app", "red/web db of the pod")]
    public void A_pods_labels_go_before_its_namespaces_and_what_they_leave_out_has_a_default(string own, string ofNamespace, string? expected) =>
        Assert.Equal(expected, Text(NetworkLabels.Choose(Read(own), Read(ofNamespace))));

    [Theory]
    [InlineData("_ web -", "- - -", "the pod's label io.contiv.tenant")]
    [InlineData("blue a/b -", "- - -", "the pod's label io.contiv.network")]
    [InlineData("- - -", "blue ../x -", "the namespace's label io.contiv.network")]
    [InlineData("blue web a*b", "- - -", "the label io.contiv.net-group")]
    public void What_no_intent_could_name_is_a_problem(string own, string ofNamespace, string expected) =>
        Assert.StartsWith(expected, NetworkLabels.Choose(Read(own), Read(ofNamespace))!.Problem, StringComparison.Ordinal);

    [Fact]
    public void A_label_without_a_value_is_a_problem_and_other_labels_are_none()
    {
        Assert.Contains("must not be empty", NetworkLabels.Choose(new(null, "", null), default)!.Problem, StringComparison.Ordinal);
        Assert.Equal(new("blue", null, "db"), NetworkLabels.Of(new Labels([new("app", "x"), new("io.contiv.tenant", "blue"), new("io.contiv.net-group", "db")])));
        Assert.Equal(new NetworkId("blue", "web"), NetworkLabels.Choose(new("blue", "web", ""), default)!.Id);
    }

    private static NetworkLabels Read(string text)
    {
        var words = text.Split(' ').Select(word => word == "-" ? null : word).ToArray();
        return new(words[0], words[1], words[2]);
    }

    private static string? Text(LabelledNetwork? labelled)
    {
        Assert.Null(labelled?.Problem);
        return labelled is null ? null : $"{labelled.Id}{(labelled.Group.Length > 0 ? " " : "")}{labelled.Group} of the {(labelled.IsOfPod ? "pod" : "namespace")}";
    }
}
