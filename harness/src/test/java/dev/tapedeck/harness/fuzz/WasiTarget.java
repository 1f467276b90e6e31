package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.StateDigest;
import dev.tapedeck.vm.asm.FunctionBuilder;
import dev.tapedeck.vm.asm.ProgramBuilder;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import dev.tapedeck.vm.wasi.WasiPreview1;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;

/**
 * A program that calls functions of WASI with any arguments, over virtual files. It gets error numbers and never makes the
 * host fail, and runs the same a second time in two halves.
 *
 * <p>An input is choices: where the second half begins, then calls and changes of memory. With a state of the host that was
 * changed before the second half, that state is refused or the calls go on with error numbers as before.
 */
final class WasiTarget implements Target.Code {
    private static final int CALLS_MAX = 60;
    private static final Limits LIMITS = new Limits(1 << 12, 1 << 8, 4, 1 << 8, 1 << 4);

    /** Where the memory of each program has what calls need. */
    private static final int BUFFERS = 0x800;

    private static final int TEXTS = 0xC00;
    private static final int RESULTS = 0xF000;

    private static final List<String> PATHS = List.of(
            "a",
            "b",
            "sub",
            "sub/c",
            "sub/new",
            "link",
            "..",
            ".",
            "/",
            "",
            "./a/",
            "sub/../a",
            "link/c",
            "x",
            "sub/x/",
            "\u00e9");
    private static final List<Integer> NUMBERS =
            List.of(-1, -8, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x1_0000, 0xFFFF, 0x2_0000, 4096, 4097, 1 << 24);
    private static final List<Long> LONG_NUMBERS = List.of(
            -1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40, (1L << 40) - 1, 1L << 28, 1L << 32, 0x1FFF_FFFFL, -2L);

    @Override
    public void run(byte[] input) throws Exception {
        Choices choices = new Choices(input);
        int part = choices.u8();
        int damage = choices.u8();
        byte[] patches = choices.bytes(damage < 0xF0 ? 0 : 3 * (damage & 0xF) + 3);
        VerifiedProgram program = program(choices);
        CheckedOutputStream output = output();
        Machine whole = machine(program, output);
        whole.run(Long.MAX_VALUE);
        assertEnd(whole);
        CheckedOutputStream again = output();
        Machine first = machine(program, again);
        first.run(whole.icount() * part / 256);
        byte[] bytes = SnapshotWriter.write(first.snapshot());
        Machine second = machine(program, again);
        Snapshot read = SnapshotReader.read(program, bytes);
        assertThat(SnapshotWriter.write(read)).isEqualTo(bytes);
        second.restore(read);
        second.run(Long.MAX_VALUE);
        assertThat(second.fault()).isEqualTo(whole.fault());
        assertThat(second.snapshot().differences(whole.snapshot(), 3)).isEmpty();
        assertThat(StateDigest.of(second.snapshot())).isEqualTo(StateDigest.of(whole.snapshot()));
        assertThat(second.snapshot().hostState().pack(null))
                .isEqualTo(whole.snapshot().hostState().pack(null));
        assertThat(again.getChecksum().getValue())
                .isEqualTo(output.getChecksum().getValue());
        if (patches.length > 0) {
            damaged(program, read, patches);
        }
    }

    private static void damaged(VerifiedProgram program, Snapshot snapshot, byte[] patches) throws FormatException {
        byte[] packed = snapshot.hostState().pack(null);
        for (int i = 0; i + 2 < patches.length; i += 3) {
            int at = ((patches[i] & 0xFF) | (patches[i + 1] & 0xFF) << 8) % packed.length;
            packed[at] ^= patches[i + 2];
        }
        Host host = host(output());
        Machine machine = new Machine(program, host, LIMITS);
        machine.start(program.program().entry());
        try {
            host.restoreState(HostState.unpack(packed, null));
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
            return;
        }
        machine.run(Long.MAX_VALUE);
        assertEnd(machine);
        SnapshotReader.read(program, SnapshotWriter.write(machine.snapshot()));
    }

    private static void assertEnd(Machine machine) {
        assertThat(machine.status()).isNotEqualTo(Status.RUNNING);
        machine.fault()
                .ifPresent(fault -> assertThat(fault.kind()).as("%s", fault).isNotEqualTo(FaultKind.HOST_ERROR));
    }

    private static CheckedOutputStream output() {
        return new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
    }

    private static Host host(OutputStream output) {
        WasiOptions options = new WasiOptions()
                .arguments(List.of("one", "two"))
                .environment("HOME", "/")
                .file("a", "content of a\n".getBytes(StandardCharsets.UTF_8))
                .file("sub/c", new byte[20_000])
                .file("empty/", new byte[0]);
        return WasiHost.withStandard(
                options,
                new ByteArrayInputStream("input\nof two lines".getBytes(StandardCharsets.UTF_8)),
                output,
                output);
    }

    private static Machine machine(VerifiedProgram program, OutputStream output) {
        Machine machine = new Machine(program, host(output), LIMITS);
        machine.start(program.program().entry());
        return machine;
    }

    private static VerifiedProgram program(Choices choices) {
        ProgramBuilder program = new ProgramBuilder("calls").memory(1, 2).dataAt(BUFFERS, "buffers", buffers());
        ByteBuffer texts = ByteBuffer.allocate(0x200);
        int[] addresses = new int[PATHS.size()];
        int[] lengths = new int[PATHS.size()];
        for (int i = 0; i < addresses.length; i++) {
            byte[] text = PATHS.get(i).getBytes(StandardCharsets.UTF_8);
            addresses[i] = TEXTS + texts.position();
            lengths[i] = text.length;
            texts.put(text);
        }
        program.dataAt(TEXTS, "texts", texts.array());
        for (HostFunction function : WasiPreview1.FUNCTIONS) {
            program.hostImport(
                    function.module(),
                    function.name(),
                    function.type().parameters(),
                    function.type().results());
        }
        program.function("main", main -> {
            for (int i = 0; i < CALLS_MAX && choices.more(); i++) {
                if (choices.below(4) == 0) {
                    int address = choices.below(4) == 0 ? choices.i32() : BUFFERS + choices.below(0x100) * 4;
                    main.i32(address).i32(number(choices)).emit(Opcode.I32_STORE);
                } else {
                    call(main, choices, addresses, lengths, RESULTS + i * 4);
                }
            }
            main.ret();
        });
        try {
            return Verifier.verify(program.entry("main").build());
        } catch (VerifyException e) {
            throw new AssertionError(e);
        }
    }

    /** Arrays of buffers and subscriptions, of each a few that are right. */
    private static byte[] buffers() {
        ByteBuffer buffers = ByteBuffer.allocate(0x400).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 8; i++) {
            buffers.putInt(0x1000 + i * 0x100).putInt(16 << i);
        }
        // A clock, then reading from a descriptor.
        buffers.position(0x100);
        buffers.putLong(1).putLong(0).putLong(1).putLong(1_000).putLong(0).putLong(0);
        buffers.putLong(2).putLong(1).putLong(0).putLong(0).putLong(0).putLong(0);
        return buffers.array();
    }

    private static void call(FunctionBuilder main, Choices choices, int[] addresses, int[] lengths, int result) {
        HostFunction function = choices.of(WasiPreview1.FUNCTIONS);
        boolean gives = !function.type().results().isEmpty();
        if (!gives && choices.below(8) > 0) {
            return;
        }
        if (gives) {
            main.i32(result);
        }
        int length = -1;
        for (ValueType type : function.type().parameters()) {
            if (type == ValueType.I64) {
                long value = switch (choices.below(4)) {
                    case 0 -> choices.u8();
                    case 1 -> choices.of(LONG_NUMBERS);
                    case 2 -> choices.i32();
                    default -> 0x1FFF_FFFF;
                };
                main.i64(value);
            } else if (length >= 0) {
                main.i32(length);
                length = -1;
            } else {
                int kind = choices.below(8);
                if (kind == 0) {
                    int path = choices.below(addresses.length);
                    main.i32(addresses[path]);
                    length = lengths[path];
                } else if (kind == 1) {
                    // What a call has left somewhere: a descriptor, a size.
                    main.i32(BUFFERS + choices.below(0x100) * 4).emit(Instruction.of(Opcode.I32_LOAD));
                } else {
                    main.i32(number(choices));
                }
            }
        }
        main.callHost(function.module() + "." + function.name());
        if (gives) {
            main.emit(Opcode.I32_STORE);
        }
    }

    private static int number(Choices choices) {
        return switch (choices.below(8)) {
            case 0, 1, 2 -> choices.below(10);
            case 3 -> choices.u8();
            case 4 -> choices.of(NUMBERS);
            case 5 -> choices.i32();
            default -> BUFFERS + choices.below(0x100) * 4;
        };
    }

    @Override
    public List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            byte[] choices = Target.noise(i, 100 * (i + 1));
            seeds.add(choices);
            byte[] damaged = Arrays.copyOf(choices, choices.length);
            damaged[1] = (byte) 0xF1;
            seeds.add(damaged);
        }
        return seeds;
    }
}
