using System.Runtime.CompilerServices;

// Every call is declared with blittable arguments, so nothing is marshalled at run time and Native AOT sees all of it.
[assembly: DisableRuntimeMarshalling]
