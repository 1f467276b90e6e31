package dev.tapedeck.harness.approve;

import dev.tapedeck.harness.text.Visible;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * A received run that waits to be accepted or rejected. It consists of {@code NAME.received.txt} and
 * {@code NAME.received.rec} in the test's output folder, and of a file {@code approval.pending} there that says where the
 * approved files belong.
 *
 * @param title of the test
 * @param folder the test's output folder
 * @param recordingOnly whether the text is as approved, and only the recording beside it is no good
 */
public record PendingApproval(
        String title,
        Path folder,
        Path receivedText,
        Path receivedRecording,
        Path approvedText,
        Path approvedRecording,
        boolean recordingOnly) {
    /** Name of the file that marks a pending approval: title, then approved text, then approved recording, a line each. */
    public static final String MARKER = "approval.pending";

    /** A fourth line, where the text is as approved. */
    private static final String RECORDING_ONLY = "recording";

    private static final int MARKER_BYTES_MAX = 64 << 10;

    static PendingApproval of(String title, ApprovedFiles approved, Path folder) {
        return new PendingApproval(
                title,
                folder,
                folder.resolve(received(approved.text())),
                folder.resolve(received(approved.recording())),
                approved.text(),
                approved.recording(),
                false);
    }

    PendingApproval ofRecording() {
        return new PendingApproval(
                title, folder, receivedText, receivedRecording, approvedText, approvedRecording, true);
    }

    /** The last {@code .approved} of the name becomes {@code .received}; one before it is part of a test's name. */
    static String received(Path approved) {
        String name = String.valueOf(approved.getFileName());
        int at = name.lastIndexOf(".approved.");
        return at < 0 ? name : name.substring(0, at) + ".received." + name.substring(at + ".approved.".length());
    }

    /** Finds what is pending below an output folder, in the order of the folders' names. */
    public static List<PendingApproval> list(Path output) throws IOException {
        List<PendingApproval> found = new ArrayList<>();
        Deque<Path> folders = new ArrayDeque<>();
        if (Files.isDirectory(output)) {
            folders.add(output);
        }
        while (!folders.isEmpty()) {
            Path folder = folders.removeFirst();
            Path marker = folder.resolve(MARKER);
            if (Files.isRegularFile(marker)) {
                read(folder, marker).ifPresent(found::add);
            }
            List<Path> below = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                for (Path entry : entries) {
                    if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                        below.add(entry);
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
            below.sort(null);
            for (int i = below.size() - 1; i >= 0; i--) {
                folders.addFirst(below.get(i));
            }
        }
        return found;
    }

    private static Optional<PendingApproval> read(Path folder, Path marker) throws IOException {
        if (Files.size(marker) > MARKER_BYTES_MAX) {
            return Optional.empty();
        }
        try {
            List<String> lines = Files.readAllLines(marker);
            if (lines.size() < 3) {
                return Optional.empty();
            }
            ApprovedFiles approved = new ApprovedFiles(
                    folder.resolve(lines.get(1)).normalize(),
                    folder.resolve(lines.get(2)).normalize());
            // To accept it writes there: nothing but approved files may be named, whatever wrote the marker.
            if (!approved.equals(ApprovedFiles.named(approved.text(), approved.name()))) {
                return Optional.empty();
            }
            PendingApproval pending = of(lines.get(0), approved, folder);
            boolean recordingOnly = lines.size() > 3 && lines.get(3).equals(RECORDING_ONLY);
            return Files.isRegularFile(pending.receivedText())
                    ? Optional.of(recordingOnly ? pending.ofRecording() : pending)
                    : Optional.empty();
        } catch (CharacterCodingException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    void save() throws IOException {
        Path from = folder.toAbsolutePath();
        Files.writeString(
                folder.resolve(MARKER),
                Visible.of(title) + "\n" + relative(from, approvedText) + "\n" + relative(from, approvedRecording)
                        + "\n" + (recordingOnly ? RECORDING_ONLY + "\n" : ""));
    }

    static Path relative(Path from, Path to) {
        try {
            return from.relativize(to.toAbsolutePath());
        } catch (IllegalArgumentException e) {
            // Another drive.
            return to.toAbsolutePath();
        }
    }

    /** Where it belongs. */
    public ApprovedFiles approved() {
        return new ApprovedFiles(approvedText, approvedRecording);
    }

    /** Whether there is nothing left to decide: what was received has been approved in another way since. */
    public boolean settled() throws IOException {
        return Files.isRegularFile(approvedText)
                && Files.isRegularFile(approvedRecording)
                && Approval.read(approvedText).equals(Approval.read(receivedText))
                && !(recordingOnly
                        && Files.isRegularFile(receivedRecording)
                        && Files.mismatch(approvedRecording, receivedRecording) >= 0);
    }

    /** What was received, with plain line ends. */
    private String received() throws IOException {
        return Approval.utf8(Approval.read(receivedText));
    }

    /** Unified, of what was received against what is approved; everything is new where nothing is. */
    public String diff() throws IOException {
        return Approval.diff(
                approvedText,
                Files.isRegularFile(approvedText) ? Approval.utf8(Approval.read(approvedText)) : "",
                received());
    }

    /**
     * Makes the received files the approved ones. Each of them is replaced as a whole, or not at all, and both are written
     * before the first is replaced. If the process dies between the two, the received ones are still there and still
     * pending, and the next run of the test says that the approved ones do not belong together.
     */
    public void accept() throws IOException {
        Path newRecording = temporary(approvedRecording);
        Path newText = temporary(approvedText);
        try {
            boolean recorded = Files.isRegularFile(receivedRecording);
            if (recorded) {
                copy(receivedRecording, newRecording);
            }
            copy(receivedText, newText);
            if (recorded) {
                replace(newRecording, approvedRecording);
            }
            replace(newText, approvedText);
        } finally {
            Files.deleteIfExists(newRecording);
            Files.deleteIfExists(newText);
        }
        reject();
    }

    /** Removes the received files. */
    public void reject() throws IOException {
        Files.deleteIfExists(folder.resolve(MARKER));
        Files.deleteIfExists(receivedText);
        Files.deleteIfExists(receivedRecording);
    }

    private static Path temporary(Path approved) {
        return approved.resolveSibling(approved.getFileName() + ".new");
    }

    /** Not as {@code Files.copy} does: the copy would have the received file's permissions. */
    private static void copy(Path from, Path to) throws IOException {
        // What is left of an attempt that was cut off, or a link to somebody else's file.
        Files.deleteIfExists(to);
        try (InputStream in = Files.newInputStream(from);
                OutputStream out = Files.newOutputStream(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            in.transferTo(out);
        }
    }

    private static void replace(Path temporary, Path approved) throws IOException {
        try {
            Files.move(temporary, approved, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(temporary, approved, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
