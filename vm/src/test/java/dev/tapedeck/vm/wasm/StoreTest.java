package dev.tapedeck.vm.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.wasm.Store.Instance;
import dev.tapedeck.vm.wasm.WasmException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StoreTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Store store =
            new Store(new VirtualHost(new ByteArrayInputStream(new byte[0]), output, output, 0), Limits.DEFAULT);

    private Instance add(ModuleBytes module) throws WasmException {
        return store.add(WasmReader.read(module.bytes()));
    }

    private Instance instantiate(ModuleBytes module) throws WasmException {
        Instance instance = add(module);
        assertThat(run(instance.initializer())).isEqualTo(Status.RETURNED);
        return instance;
    }

    private Status run(int function, long... arguments) {
        store.machine().start(function, arguments);
        return store.machine().run(store.machine().icount() + 1_000_000);
    }

    private List<Long> call(Instance instance, String function, long... arguments) {
        assertThat(run(instance.function(function).orElseThrow(), arguments)).isEqualTo(Status.RETURNED);
        return store.machine().results();
    }

    /** A counter: a mutable global, a memory, and a table with a function that adds to the global. */
    private static ModuleBytes counter() {
        return new ModuleBytes()
                .exported("add", "7f", "7f", "00", "23 00 20 00 6a 24 00 23 00")
                .memory("01 01 02")
                .table("70 01 02 04")
                .global("7f 01 41 05 0b")
                .export("memory", 2, 0)
                .export("table", 1, 0)
                .export("total", 3, 0)
                .element("00 41 00 0b 01 00")
                .data("00 41 08 0b 01 07");
    }

    @Test
    @DisplayName("K8: modules call each other and share globals, memories and tables")
    void sharing() throws Exception {
        Instance counter = instantiate(counter());
        store.register("counter", counter);
        ModuleBytes user = new ModuleBytes();
        int type = user.type("7f", "7f");
        user.importFunction("counter", "add", type)
                .importOther("counter", "memory", "02 01 01 02")
                .importOther("counter", "table", "01 70 01 02 04")
                .importOther("counter", "total", "03 7f 01")
                .exported("twice", "7f", "7f", "00", "20 00 10 00 10 00")
                .exported("load", "", "7f", "00", "41 08 2d 00 00")
                .exported("indirect", "", "7f", "00", "41 01 41 00 11 00 00")
                .exported("own", "", "7f", "00", "41 09")
                .element("00 41 01 0b 01 01")
                .data("00 41 09 0b 01 08");
        Instance instance = instantiate(user);
        assertThat(call(instance, "twice", 1)).containsExactly(12L);
        assertThat(call(instance, "load")).containsExactly(7L);
        assertThat(call(instance, "indirect")).containsExactly(13L);
        assertThat(store.machine().global(counter.global("total").orElseThrow()))
                .isEqualTo(13);
        assertThat(instance.function("missing")).isEmpty();
        // State from before the last module came is still there, and the host's functions are still found.
        ModuleBytes last = new ModuleBytes();
        int print = last.type("7f", "");
        last.importFunction("tape", "print_i32", print)
                .importOther("counter", "total", "03 7f 01")
                .exported("print", "", "", "00", "23 00 10 00");
        call(instantiate(last), "print");
        assertThat(output.toString(StandardCharsets.US_ASCII)).isEqualTo("13\n");
    }

    @Test
    void aTrapOnTheWayLeavesWhatWasCopiedBefore() throws Exception {
        Instance counter = instantiate(counter());
        store.register("counter", counter);
        Instance broken = add(new ModuleBytes()
                .importOther("counter", "memory", "02 00 01")
                .data("00 41 20 0b 01 2a")
                .data("00 41 ff ff 03 0b 02 01 02"));
        assertThat(run(broken.initializer())).isEqualTo(Status.FAULTED);
        Machine machine = store.machine();
        assertThat(machine.fault().orElseThrow().kind()).isEqualTo(FaultKind.OUT_OF_BOUNDS);
        assertThat(call(counter, "add", 0)).containsExactly(5L);
        assertThat(store.machine().readMemory(0x20, 1)).containsExactly(0x2A);
    }

    @Test
    void whatDoesNotFitIsUnlinkable() throws Exception {
        Instance counter = instantiate(counter());
        store.register("counter", counter);
        int functions = store.program().program().functions().size();
        unlinkable("counter", "missing", "03 7f 01", "unknown import 'counter.missing'");
        unlinkable("nobody", "memory", "02 00 01", "unknown import 'nobody.memory'");
        unlinkable("counter", "memory", "02 00 02", "incompatible import type of 'counter.memory'");
        unlinkable("counter", "memory", "02 01 01 01", "incompatible import type of 'counter.memory'");
        unlinkable("counter", "total", "03 7f 00", "incompatible import type of 'counter.total'");
        unlinkable("counter", "table", "01 6f 00 01", "incompatible import type of 'counter.table'");
        unlinkable("counter", "add", "02 00 01", "incompatible import type of 'counter.add'");
        assertThat(store.program().program().functions()).hasSize(functions);
        assertThat(call(counter, "add", 1)).containsExactly(6L);
    }

    private void unlinkable(String module, String name, String entity, String reason) {
        assertThatThrownBy(() -> add(new ModuleBytes().importOther(module, name, entity)))
                .isInstanceOfSatisfying(WasmException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.UNLINKABLE);
                    assertThat(e.reason()).startsWith(reason);
                });
    }

    @Test
    @DisplayName("W12: the machine can be another one that was restored from a snapshot")
    void snapshots() throws Exception {
        Instance counter = instantiate(counter());
        call(counter, "add", 1);
        Machine other = new Machine(
                store.program(),
                new VirtualHost(new ByteArrayInputStream(new byte[0]), output, output, 0),
                Limits.DEFAULT);
        other.restore(store.machine().snapshot());
        store.machine(other);
        assertThat(call(counter, "add", 1)).containsExactly(7L);
    }
}
