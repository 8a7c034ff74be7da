/*
 * Stands between the .NET runtime and the C library while this program starts (ld's --wrap). A runtime starts it twice a pod.
 *
 * The runtime asks /proc and /sys how much memory and cache there is, to size a heap this program does not need: its limits are in
 * K8contivnet.csproj. One of the files is /proc/self/mountinfo, read twice, with a line for every mount: on a node with hundreds of pods that is
 * most of what starting this program takes. No file can be opened this way, so the runtime does what it does where there are none; the
 * program's own files are opened with open(2).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FILE *__wrap_fopen64(const char *path, const char *mode)
{
    (void)path;
    (void)mode;
    return NULL;
}

/* Parses what was read of such files: nothing. */
int __wrap_sscanf(const char *text, const char *format, ...)
{
    (void)text;
    (void)format;
    return EOF;
}

/* The same, of a file. */
int __wrap___isoc99_fscanf(FILE *file, const char *format, ...)
{
    (void)file;
    (void)format;
    return EOF;
}

/*
 * The C library's own, which asks for two addresses of a line of /proc/self/maps to find the stack, and for nothing else that this program comes
 * by. The whole of scanf would be another 80 KB.
 */
int __wrap___isoc99_sscanf(const char *text, const char *format, ...)
{
    if (strcmp(format, "%lx-%lx") != 0)
    {
        return EOF;
    }

    va_list results;
    va_start(results, format);
    unsigned long *from = va_arg(results, unsigned long *);
    unsigned long *to = va_arg(results, unsigned long *);
    va_end(results);

    char *end;
    *from = strtoul(text, &end, 16);
    if (*end != '-')
    {
        return 0;
    }

    *to = strtoul(end + 1, NULL, 16);
    return 2;
}
