namespace Netplugin.Tests.Support.ApiServers;

/// <summary>The API server's JSON, written shortly.</summary>
public static class Texts
{
    public static string Pod(string name, string version, string labels = "{}") => $$$"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"uid-{{{name}}}","resourceVersion":"{{{version}}}","labels":{{{labels}}}},
        "spec":{"nodeName":"node-1","containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running","podIP":"10.1.0.2","podIPs":[{"ip":"10.1.0.2"}]}}
        """.ReplaceLineEndings("");

    public static string List(string version, params string[] items) => ListPart(version, "", items);

    public static string ListPart(string version, string next, params string[] items) =>
        $$"""{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"{{version}}","continue":"{{next}}"},"items":[{{string.Join(',', items)}}]}""";

    public static string Event(string type, string item) => $$"""{"type":"{{type}}","object":{{item}}}""";

    public static string Bookmark(string version) => Event("BOOKMARK", $$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"{{{version}}}","creationTimestamp":null}}""");

    public static string Error(int code, string reason) =>
        Event("ERROR", $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 5 (9)","reason":"{{reason}}","code":{{code}}}""");
}
