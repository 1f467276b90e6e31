package dev.tapedeck.harness.text;

import java.util.regex.Pattern;

/**
 * Tells the libraries that compilers link to a program from the program's own code, by the source files that debug information
 * names: wasi-libc, Rust's and Zig's library, crates from a registry, compiler-rt, libc++, Emscripten's and TinyGo's runtime.
 */
public final class LibraryCode {
    private static final Pattern SOURCES = Pattern.compile("^(libc-top-half|libc-bottom-half|dlmalloc|sysroot)/"
            + "|(^|/)(rustc-[^/]*|rustc/[0-9a-f]{40}|\\.cargo/(registry|git)|\\.rustup/toolchains"
            + "|lib/zig/std|zig[^/]*/lib/(std|compiler_rt)|usr/local/go/src|tinygo[^/]*/src"
            + "|wasi-libc[^/]*|wasi-sdk[^/]*|compiler-rt|libcxx|libcxxabi|usr/include|usr/lib|emscripten/system)/");

    private LibraryCode() {}

    /** Whether a source file is a library's; an unknown one, which is empty, is not. */
    public static boolean holds(String source) {
        return SOURCES.matcher(source.replace('\\', '/')).find();
    }
}
