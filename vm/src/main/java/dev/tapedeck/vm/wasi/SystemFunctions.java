package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Arguments, environment, clocks, random numbers, waiting, the process and sockets. */
final class SystemFunctions {
    /** Bytes that random_get gives at once. */
    static final int RANDOM_BYTES_MAX = 1 << 24;

    /** Events that poll_oneoff waits for at once. */
    static final int SUBSCRIPTIONS_MAX = 8192;

    private static final int RANDOM_STEP = 1 << 16;
    private static final int SUBSCRIPTION_BYTES = 48;
    private static final int EVENT_BYTES = 32;
    private static final int CLOCK = 0;
    private static final int FD_READ = 1;
    private static final int FD_WRITE = 2;

    private static final int EXIT_BY_SIGNAL = 128;
    private static final int SIGNAL_MAX = 30;

    /** none, pipe, chld, cont, urg, winch: nothing happens. */
    private static final int IGNORED = 1 | 1 << 13 | 1 << 16 | 1 << 17 | 1 << 22 | 1 << 27;

    /** stop, tstp, ttin, ttou: nobody could let the program continue. */
    private static final int STOPPING = 1 << 18 | 1 << 19 | 1 << 20 | 1 << 21;

    private SystemFunctions() {}

    static void argumentsGet(WasiState state, Guest guest) throws ErrnoException {
        writeTexts(guest, state.options.arguments());
    }

    static void argumentsSizes(WasiState state, Guest guest) throws ErrnoException {
        writeSizes(guest, state.options.arguments());
    }

    static void environmentGet(WasiState state, Guest guest) throws ErrnoException {
        writeTexts(guest, state.options.variables());
    }

    static void environmentSizes(WasiState state, Guest guest) throws ErrnoException {
        writeSizes(guest, state.options.variables());
    }

    private static byte[] joined(List<String> texts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String text : texts) {
            bytes.writeBytes(Guest.utf8(text));
            bytes.write(0);
        }
        return bytes.toByteArray();
    }

    private static void writeTexts(Guest guest, List<String> texts) throws ErrnoException {
        byte[] bytes = joined(texts);
        guest.check(guest.u32(0), 4L * texts.size());
        guest.check(guest.u32(1), bytes.length);
        byte[] pointers = new byte[4 * texts.size()];
        ByteBuffer out = ByteBuffer.wrap(pointers).order(ByteOrder.LITTLE_ENDIAN);
        long address = guest.u32(1);
        for (String text : texts) {
            out.putInt((int) address);
            address += Guest.utf8(text).length + 1;
        }
        guest.write(guest.u32(0), pointers);
        guest.write(guest.u32(1), bytes);
    }

    private static void writeSizes(Guest guest, List<String> texts) throws ErrnoException {
        guest.check(guest.u32(0), 4);
        guest.check(guest.u32(1), 4);
        guest.write32(guest.u32(0), texts.size());
        guest.write32(guest.u32(1), joined(texts).length);
    }

    static void clockResolution(WasiState state, Guest guest) throws ErrnoException {
        time(state, guest.i32(0));
        guest.write64(guest.u32(1), 1);
    }

    static void clockTime(WasiState state, Guest guest) throws ErrnoException {
        guest.write64(guest.u32(2), time(state, guest.i32(0)));
    }

    private static long time(WasiState state, int clock) throws ErrnoException {
        return switch (clock) {
            case 0 -> state.realtime();
            case 1 -> state.monotonic();
            case 2, 3 -> state.cpuTime();
            default -> throw new ErrnoException(Errno.INVAL);
        };
    }

    static void random(WasiState state, Guest guest) throws ErrnoException {
        long length = guest.u32(1);
        guest.check(guest.u32(0), length);
        if (length > RANDOM_BYTES_MAX) {
            throw new ErrnoException(Errno.INVAL);
        }
        for (long done = 0; done < length; done += RANDOM_STEP) {
            byte[] bytes = new byte[(int) Math.min(RANDOM_STEP, length - done)];
            state.random(bytes);
            guest.write(guest.u32(0) + done, bytes);
        }
    }

    /** An event that has come. */
    private record Event(long userdata, Errno error, int type, long bytes) {
        byte[] toBytes() {
            return Guest.record(EVENT_BYTES)
                    .putLong(userdata)
                    .putShort((short) error.code())
                    .put((byte) type)
                    .put(new byte[5])
                    .putLong(bytes)
                    .array();
        }
    }

    /** A clock that is waited for. */
    private record Wait(long userdata, long nanos) {}

    /**
     * Streams and files are always ready, so if there is one among the subscriptions, nothing has to be waited for. With
     * clocks only, time passes up to the first.
     */
    static void poll(WasiState state, Guest guest) throws ErrnoException {
        long count = guest.u32(2);
        guest.check(guest.u32(0), count * SUBSCRIPTION_BYTES);
        guest.check(guest.u32(1), count * EVENT_BYTES);
        guest.check(guest.u32(3), 4);
        if (count == 0 || count > SUBSCRIPTIONS_MAX) {
            throw new ErrnoException(Errno.INVAL);
        }
        ByteArrayOutputStream events = new ByteArrayOutputStream();
        ByteBuffer in = guest.record(guest.u32(0), (int) count * SUBSCRIPTION_BYTES);
        Wait[] waits = new Wait[(int) count];
        int waitCount = 0;
        for (int i = 0; i < count; i++) {
            int at = i * SUBSCRIPTION_BYTES;
            long userdata = in.getLong(at);
            int type = in.get(at + 8) & 0xFF;
            if (type == CLOCK) {
                try {
                    waits[waitCount] = new Wait(userdata, remaining(state, in, at));
                    waitCount++;
                } catch (ErrnoException e) {
                    events.writeBytes(new Event(userdata, e.errno(), type, 0).toBytes());
                }
            } else if (type == FD_READ || type == FD_WRITE) {
                events.writeBytes(ready(state, in.getInt(at + 16) & 0xFFFF_FFFFL, userdata, type)
                        .toBytes());
            } else {
                throw new ErrnoException(Errno.INVAL);
            }
        }
        long passes = 0;
        if (events.size() == 0) {
            passes = Arrays.stream(waits, 0, waitCount)
                    .mapToLong(Wait::nanos)
                    .min()
                    .orElse(0);
            state.sleep(passes);
        }
        for (int i = 0; i < waitCount; i++) {
            if (waits[i].nanos <= passes) {
                events.writeBytes(new Event(waits[i].userdata, Errno.SUCCESS, CLOCK, 0).toBytes());
            }
        }
        guest.write(guest.u32(1), events.toByteArray());
        guest.write32(guest.u32(3), events.size() / EVENT_BYTES);
    }

    /** Nanoseconds until a clock's subscription, 0 if its time has come. */
    private static long remaining(WasiState state, ByteBuffer in, int at) throws ErrnoException {
        long now = time(state, in.getInt(at + 16));
        long timeout = in.getLong(at + 24);
        int flags = in.getShort(at + 40) & 0xFFFF;
        if (flags > 1) {
            throw new ErrnoException(Errno.INVAL);
        }
        // Unsigned: what is beyond 292 years is as good as for ever.
        long bounded = timeout < 0 ? Long.MAX_VALUE >> 2 : timeout;
        return flags == 1 ? Math.max(0, bounded - now) : bounded;
    }

    private static Event ready(WasiState state, long number, long userdata, int type) {
        try {
            Descriptor descriptor = state.descriptors.get(number);
            descriptor.need(Rights.POLL_FD_READWRITE | (type == FD_READ ? Rights.FD_READ : Rights.FD_WRITE));
            long bytes = 1;
            if (descriptor instanceof Descriptor.File file) {
                bytes = type == FD_READ ? Math.max(0, file.file.size() - file.position) : 1;
            }
            return new Event(userdata, Errno.SUCCESS, type, bytes);
        } catch (ErrnoException e) {
            return new Event(userdata, e.errno(), type, 0);
        }
    }

    static void exit(WasiState state, Guest guest) {
        guest.call().halt(guest.i32(0));
    }

    static void raise(WasiState state, Guest guest) throws ErrnoException {
        int signal = guest.i32(0);
        if (signal < 0 || signal > SIGNAL_MAX) {
            throw new ErrnoException(Errno.INVAL);
        } else if ((STOPPING >> signal & 1) != 0) {
            throw new ErrnoException(Errno.NOTSUP);
        } else if ((IGNORED >> signal & 1) == 0) {
            guest.call().halt(EXIT_BY_SIGNAL + signal);
        }
    }

    static void yieldProcessor(WasiState state, Guest guest) {}

    /** There are no sockets, so no descriptor is one. */
    static void socket(WasiState state, Guest guest) throws ErrnoException, HostException {
        state.descriptors.get(guest.u32(0));
        throw new ErrnoException(Errno.NOTSOCK);
    }
}
