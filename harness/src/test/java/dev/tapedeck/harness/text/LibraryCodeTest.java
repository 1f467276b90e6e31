package dev.tapedeck.harness.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LibraryCodeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "libc-top-half/musl/src/stdio/vfprintf.c",
                "libc-bottom-half/crt/crt1-command.c",
                "dlmalloc/src/malloc.c",
                "sysroot/include/ctype.h",
                "/usr/include/wasm32-wasi/ctype.h",
                "/usr/src/rustc-1.63.0/library/core/src/fmt/mod.rs",
                "/rustc/90c541806f23a127002de5b4038be731ba1458ca/library/std/src/io/mod.rs",
                "/home/me/.cargo/registry/src/index.crates.io-6f17d22bba15001f/itoa-1.0.1/src/lib.rs",
                "C:\\Users\\me\\.rustup\\toolchains\\stable\\lib\\rustlib\\src\\rust\\library\\core\\src\\str\\mod.rs",
                "/opt/zig/lib/zig/std/fmt.zig",
                "/opt/zig-linux-x86_64-0.13.0/lib/std/fmt.zig",
                "/usr/local/go/src/strconv/itoa.go",
                "/usr/local/tinygo/src/runtime/print.go",
                "/home/me/.cargo/git/checkouts/itoa-0123456789abcdef/1234567/src/lib.rs",
                "/b/emscripten/system/lib/libc/musl/src/string/memcpy.c"
            })
    void librariesOfCompilers(String source) {
        assertThat(LibraryCode.holds(source)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "main.c",
                "src/main.rs",
                "src/library/core.rs",
                "src/test/programs/c/chess.c",
                "dlmalloc.c",
                "my-dlmalloc/src/malloc.c",
                "rustc/main.rs",
                "lib/zigzag/std/fmt.c",
                "cargo/src/main.rs",
                "/home/me/go/src/own/main.go"
            })
    void theProgramsOwn(String source) {
        assertThat(LibraryCode.holds(source)).isFalse();
    }
}
