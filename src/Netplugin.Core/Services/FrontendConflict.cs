namespace Netplugin.Core.Services;

/// <summary>A frontend that more than one Service claims.</summary>
/// <param name="Key">The frontend.</param>
/// <param name="Winner">The Service that has it.</param>
/// <param name="Loser">A Service that claims it in vain; it gets it when those before it are gone.</param>
public readonly record struct FrontendConflict(FrontendKey Key, NamespacedName Winner, NamespacedName Loser);
