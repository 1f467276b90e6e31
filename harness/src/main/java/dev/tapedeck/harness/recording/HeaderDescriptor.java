package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.util.ArrayList;
import java.util.List;

/**
 * The first excerpt: what was run, and how. Its layout is in docs/recording-format.md, <i>Header</i>.
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
record HeaderDescriptor(byte[] program, RunOptions options) {
    static final int PROGRAM_BYTES_MAX = 1 << 28;

    private static final long MAGIC = 0x4B43_4544_4550_4154L;
    private static final int INTERRUPT_BYTES = 17;
    private static final int INJECTION_BYTES_MIN = 17;
    private static final int LATER_FIELD_BYTES_MIN = 7;
    private static final int MUST_BE_KNOWN = 1;

    byte[] encode() {
        PayloadOutput out = new PayloadOutput()
                .i64(MAGIC)
                .u8(options.detail().code())
                .blob(program)
                .text(options.function())
                .cells(options.arguments())
                .i64(options.seed())
                .i64(options.instructionLimit())
                .i32(options.limits().stackCellsMax())
                .i32(options.limits().framesMax())
                .i32(options.limits().memoryPagesMax())
                .i32(options.limits().residentPagesMax())
                .i32(options.limits().pendingInterruptsMax())
                .i32(options.limits().tableElementsMax())
                .i32(options.limits().sectionsMax())
                .i32(options.limits().sectionBytesMax())
                .i32(options.blockInstructions())
                .i64(options.checkpoints().encoded());
        out.i32(options.interrupts().size());
        for (ScheduledInterrupt interrupt : options.interrupts()) {
            out.i64(interrupt.icount()).u8(interrupt.signal()).i64(interrupt.payload());
        }
        out.i32(options.injections().size());
        for (Injection injection : options.injections()) {
            out.i64(injection.icount());
            encode(out, injection.location());
            out.i64(injection.mask());
        }
        // What later versions add.
        return out.i32(0).toBytes();
    }

    static HeaderDescriptor decode(byte[] payload) throws RecordingException {
        PayloadInput in = new PayloadInput(payload);
        if (in.i64("magic") != MAGIC) {
            throw in.error("it does not begin with TAPEDECK");
        }
        Detail detail = Detail.ofCode(in.u8("detail level"));
        byte[] program = in.blob("program");
        String function = in.text("function");
        List<Long> arguments = in.cells("arguments");
        long seed = in.i64("seed");
        long limit = in.i64("instruction limit");
        try {
            Limits limits = new Limits(
                    in.i32("stack limit"),
                    in.i32("frames limit"),
                    in.i32("memory limit"),
                    in.i32("resident limit"),
                    in.i32("pending limit"),
                    in.i32("table limit"),
                    in.i32("heap sections limit"),
                    in.i32("heap bytes limit"));
            int block = in.i32("block length");
            CheckpointSpacing checkpoints = CheckpointSpacing.decoded(in.i64("checkpoint distance"));
            List<ScheduledInterrupt> interrupts = new ArrayList<>();
            for (int i = in.count("interrupts", INTERRUPT_BYTES); i > 0; i--) {
                interrupts.add(new ScheduledInterrupt(in.i64("icount"), in.u8("signal"), in.i64("payload")));
            }
            List<Injection> injections = new ArrayList<>();
            for (int i = in.count("injections", INJECTION_BYTES_MIN); i > 0; i--) {
                injections.add(new Injection(in.i64("icount"), location(in), in.i64("mask")));
            }
            skipLaterFields(in);
            in.end();
            return new HeaderDescriptor(
                    program,
                    new RunOptions(
                            function,
                            arguments,
                            seed,
                            interrupts,
                            limit,
                            limits,
                            block,
                            checkpoints,
                            injections,
                            detail));
        } catch (IllegalArgumentException e) {
            // What the constructors refuse.
            throw in.error(String.valueOf(e.getMessage()));
        }
    }

    /** A replay can do without what a later version has added, unless that says otherwise. */
    private static void skipLaterFields(PayloadInput in) throws RecordingException {
        for (int i = in.count("later fields", LATER_FIELD_BYTES_MIN); i > 0; i--) {
            int tag = in.u16("tag");
            int flags = in.u8("flags");
            in.blob("later field");
            if ((flags & MUST_BE_KNOWN) != 0) {
                throw RecordingException.madeByNewer("its header has field " + tag + ", which this one does not know");
            }
        }
    }

    private static void encode(PayloadOutput out, Location location) {
        if (location instanceof Location.Local local) {
            out.u8(1).i32(local.frame()).i32(local.index());
        } else if (location instanceof Location.Operand operand) {
            out.u8(2).i32(operand.frame()).i32(operand.index());
        } else if (location instanceof Location.GlobalVariable global) {
            out.u8(3).i32(global.index());
        } else if (location instanceof Location.MemoryByte at) {
            out.u8(4).i32(at.memory()).i64(at.address());
        } else if (location instanceof Location.MemorySize size) {
            out.u8(5).i32(size.memory());
        } else if (location instanceof Location.Register register) {
            out.u8(6).text(register.name());
        } else if (location instanceof Location.FramePosition frame) {
            out.u8(7).i32(frame.frame());
        } else if (location instanceof Location.Handler handler) {
            out.u8(8).i32(handler.signal());
        } else if (location instanceof Location.Pending pending) {
            out.u8(9).i32(pending.signal());
        } else if (location instanceof Location.TableElement element) {
            out.u8(10).i32(element.table()).i32(element.index());
        } else if (location instanceof Location.TableSize size) {
            out.u8(11).i32(size.table());
        } else if (location instanceof Location.DroppedData segment) {
            out.u8(12).i32(segment.segment());
        } else if (location instanceof Location.DroppedElements segment) {
            out.u8(13).i32(segment.segment());
        } else if (location instanceof Location.SectionByte at) {
            out.u8(14).i32(at.section()).i32(at.index());
        } else if (location instanceof Location.SectionSize size) {
            out.u8(15).i32(size.section());
        } else {
            throw new AssertionError("unknown location " + location);
        }
    }

    private static Location location(PayloadInput in) throws RecordingException {
        int tag = in.u8("location");
        return switch (tag) {
            case 1 -> new Location.Local(in.i32("frame"), in.i32("index"));
            case 2 -> new Location.Operand(in.i32("frame"), in.i32("index"));
            case 3 -> new Location.GlobalVariable(in.i32("index"));
            case 4 -> new Location.MemoryByte(in.i32("memory"), in.i64("address"));
            case 5 -> new Location.MemorySize(in.i32("memory"));
            case 6 -> new Location.Register(in.text("register"));
            case 7 -> new Location.FramePosition(in.i32("frame"));
            case 8 -> new Location.Handler(in.i32("signal"));
            case 9 -> new Location.Pending(in.i32("signal"));
            case 10 -> new Location.TableElement(in.i32("table"), in.i32("index"));
            case 11 -> new Location.TableSize(in.i32("table"));
            case 12 -> new Location.DroppedData(in.i32("segment"));
            case 13 -> new Location.DroppedElements(in.i32("segment"));
            case 14 -> new Location.SectionByte(in.i32("section"), in.i32("index"));
            case 15 -> new Location.SectionSize(in.i32("section"));
            default -> throw in.error("location of unknown kind " + tag);
        };
    }
}
