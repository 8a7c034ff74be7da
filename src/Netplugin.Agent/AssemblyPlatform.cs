using System.Runtime.Versioning;

// The datapath is eBPF: there is nothing for this program to do anywhere else.
[assembly: SupportedOSPlatform("linux")]
