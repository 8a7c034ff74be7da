namespace Netplugin.Kubernetes.Events;

/// <summary>Something that happened to an object and that its owner should see (<c>kubectl describe</c>).</summary>
/// <param name="About">The object.</param>
/// <param name="IsWarning">True: something is wrong. False: good to know.</param>
/// <param name="Reason">Why, in one word of upper camel case that machines may look for, e.g. <c>SubnetOverlaps</c>.</param>
/// <param name="Message">A sentence for people; over 1024 characters it is cut.</param>
public sealed record ObjectEvent(ObjectReference About, bool IsWarning, string Reason, string Message);

/// <summary>The object an event is about.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Namespace">Its namespace; null for a kind without.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid, by which <c>kubectl describe</c> finds the event.</param>
/// <param name="ApiVersion">Its kind's API.</param>
public sealed record ObjectReference(string Kind, string? Namespace, string Name, string Uid, string ApiVersion = "v1");
