package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.recording.OwnFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which executions of tests belong to one run: those of one process, such as a Maven that starts several others, and those
 * that begin while another one's process is alive. It is kept in a file of the output folder, which several processes may
 * change at a time.
 *
 * @param owners the processes that began executions and were alive when the last one began, as {@code PID START}: pids are
 *     used again
 * @param begun executions that began
 * @param ended those of them that have ended
 * @param lost whether what earlier ones had left could not be read
 */
record RunState(Set<String> owners, int begun, int ended, boolean lost) {
    static final String FILE = ".run";

    private static final String LOST = "lost";

    /** A longer file is none of ours. */
    private static final int FILE_BYTES_MAX = 1 << 20;

    /** Locks of files are between processes; this one is between the threads of ours. */
    private static final Object LOCK = new Object();

    RunState {
        owners = Set.copyOf(owners);
    }

    /** Makes another state of one. */
    @FunctionalInterface
    interface Change {
        RunState of(RunState state) throws IOException;
    }

    /** Changes the state; nobody else does so at the same time. */
    static void update(Path output, Change change) throws IOException {
        synchronized (LOCK) {
            try (FileChannel channel = OwnFile.open(
                    output.resolve(FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                try {
                    // Until the channel is closed.
                    channel.lock();
                } catch (IOException e) {
                    // File systems without locks go without: then a test may be missing from the overview.
                }
                RunState next = change.of(read(channel));
                channel.truncate(0);
                channel.write(ByteBuffer.wrap(next.text().getBytes(StandardCharsets.UTF_8)), 0);
            }
        }
    }

    /** After one more execution began, in this run, or in a new one if all that had to do with this one are gone. */
    RunState begin(ProcessHandle owner) {
        Set<String> alive =
                owners.stream().filter(RunState::isAlive).collect(Collectors.toCollection(LinkedHashSet::new));
        if (alive.isEmpty()) {
            return new RunState(Set.of(name(owner)), 1, 0, false);
        }
        alive.add(name(owner));
        return new RunState(alive, begun + 1, ended, lost);
    }

    RunState end() {
        return new RunState(owners, begun, ended + 1, lost);
    }

    RunState withLost() {
        return new RunState(owners, begun, ended, true);
    }

    private static String name(ProcessHandle process) {
        return process.pid()
                + process.info()
                        .startInstant()
                        .map(Instant::toEpochMilli)
                        .map(start -> " " + start)
                        .orElse("");
    }

    private static boolean isAlive(String name) {
        int end = name.indexOf(' ');
        try {
            return ProcessHandle.of(Long.parseLong(end < 0 ? name : name.substring(0, end)))
                    .filter(ProcessHandle::isAlive)
                    .filter(process -> name(process).equals(name))
                    .isPresent();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static RunState read(FileChannel channel) throws IOException {
        if (channel.size() > FILE_BYTES_MAX) {
            return new RunState(Set.of(), 0, 0, false);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
        while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {
            // Until all is there.
        }
        Set<String> owners = new LinkedHashSet<>();
        int begun = 0;
        int ended = 0;
        boolean lost = false;
        for (String line :
                new String(bytes.array(), StandardCharsets.UTF_8).lines().toList()) {
            if (line.startsWith("process ")) {
                owners.add(line.substring("process ".length()));
            } else if (line.startsWith("begun ")) {
                begun = number(line).orElse(0);
            } else if (line.startsWith("ended ")) {
                ended = number(line).orElse(0);
            } else if (line.equals(LOST)) {
                lost = true;
            }
        }
        return new RunState(owners, begun, ended, lost);
    }

    private static Optional<Integer> number(String line) {
        try {
            return Optional.of(Integer.parseInt(line.substring(line.indexOf(' ') + 1)))
                    .filter(number -> number >= 0);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        text.append("begun ").append(begun).append('\n');
        text.append("ended ").append(ended).append('\n');
        if (lost) {
            text.append(LOST).append('\n');
        }
        owners.stream()
                .sorted()
                .forEach(owner -> text.append("process ").append(owner).append('\n'));
        return text.toString();
    }
}
