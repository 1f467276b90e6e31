package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.approve.ObsoleteApproval;
import dev.tapedeck.harness.approve.PendingApproval;
import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.report.ConsoleReport;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ApprovalClaims;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck review}. */
@Command(
        name = "review",
        description = {
            "Steps through runs that wait to be approved, and approved files that no test has any more.",
            "",
            "A test run leaves them in its output folder. In a terminal each is shown, the first divergent instruction"
                    + " before the difference of the texts, and decided with a letter and Enter. Elsewhere they are"
                    + " listed, with the commands that decide. NAME is the approved file without .approved.txt; the end"
                    + " of its path is enough where that is one file's only."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tapedeck review",
            "  tapedeck review build/tapedeck --accept src/test/programs/sum",
            "  tapedeck review --accept-all --delete-all"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:nothing is pending, or nothing any more",
            "1:something is still pending",
            "2:wrong usage, such as a name that nothing pending has; then nothing is done",
            "65:files cannot be read or written"
        })
final class ReviewCommand implements Callable<Integer> {
    private static final Path OUTPUT_DEFAULT = Path.of("target", "tapedeck");

    /** Of a longer difference the beginning is shown; the files have all of it. */
    private static final int LINES_MAX = 200;

    private static final String ENTRY = "%-9s %s";

    private final Terminal terminal;
    private final ApprovalClaims claims = new ApprovalClaims(ApprovalClaims::testsOf);
    private final List<String> accepted = new ArrayList<>();
    private final List<String> rejected = new ArrayList<>();
    private final List<String> deleted = new ArrayList<>();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FOLDER",
            description = "The output folder of the tests (default: ${DEFAULT-VALUE}).")
    private Path output = OUTPUT_DEFAULT;

    @Option(names = "--accept", paramLabel = "NAME", description = "Approves a run. May be repeated.")
    private List<String> accept = new ArrayList<>();

    @Option(names = "--accept-all", description = "Approves all runs that wait for it.")
    private boolean acceptAll;

    @Option(
            names = "--reject",
            paramLabel = "NAME",
            description = "Removes what was received; what is approved stays. May be repeated.")
    private List<String> reject = new ArrayList<>();

    @Option(names = "--reject-all", description = "Removes all that was received.")
    private boolean rejectAll;

    @Option(
            names = "--delete",
            paramLabel = "NAME",
            description = "Deletes approved files that are obsolete. May be repeated.")
    private List<String> delete = new ArrayList<>();

    @Option(names = "--delete-all", description = "Deletes all approved files that are obsolete.")
    private boolean deleteAll;

    @Option(names = "--json", description = "Prints what is pending as JSON, and asks nothing.")
    private boolean json;

    private boolean decided;

    ReviewCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    private enum Kind {
        NEW,
        CHANGED,
        RECORDING,
        OBSOLETE;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Something to decide. */
    private sealed interface Item {
        /** What it is called on the command line: the path of its approved text, without the ending. */
        String name();

        Kind kind();
    }

    /** A run that waits to be approved. */
    private record Received(String name, Kind kind, PendingApproval pending) implements Item {}

    /** Approved files that no test has. */
    private record Obsolete(String name, ObsoleteApproval approval) implements Item {
        @Override
        public Kind kind() {
            return Kind.OBSOLETE;
        }
    }

    /**
     * Where a run first differs from the approved one.
     *
     * @param line the same in one line; or why it is not known; empty if nothing is approved
     */
    private record Difference(Optional<Bisection> bisection, String line) {
        static final Difference NONE = new Difference(Optional.empty(), "");
    }

    @Override
    public Integer call() throws Exception {
        if (acceptAll && rejectAll) {
            throw CommandException.usage("--accept-all does not go with --reject-all");
        }
        if (!Files.isDirectory(output) && !output.equals(OUTPUT_DEFAULT)) {
            throw CommandException.data("there is no folder " + output + ", which tests leave pending approvals in");
        }
        List<Item> items = items();
        if (!accept.isEmpty() || !reject.isEmpty() || !delete.isEmpty() || acceptAll || rejectAll || deleteAll) {
            decide(items);
            items = items();
            // Whoever decides by name has looked already, and a bisection of all that is left takes its time.
            decided = true;
        } else if (terminal.answers() && !json && !items.isEmpty()) {
            ask(items);
            items = items();
            terminal.println(items.isEmpty() ? "nothing is pending any more" : pending(items));
            return items.isEmpty() ? ExitCodes.FINE : ExitCodes.DIFFERENT;
        }
        if (json) {
            print(items);
        } else if (items.isEmpty()) {
            terminal.println("nothing is pending" + (Files.isDirectory(output) ? "" : ": there is no " + output));
        } else {
            list(items);
        }
        return items.isEmpty() ? ExitCodes.FINE : ExitCodes.DIFFERENT;
    }

    // What there is to decide

    private List<Item> items() throws CommandException {
        List<Item> items = new ArrayList<>();
        try {
            for (PendingApproval pending : PendingApproval.list(output)) {
                ApprovedFiles files = pending.approved();
                // Left behind: the test is gone, or its run has been approved by other means.
                if (!pending.settled() && claims.whyObsolete(files).isEmpty()) {
                    Kind kind = !Files.exists(files.text())
                            ? Kind.NEW
                            : pending.recordingOnly() ? Kind.RECORDING : Kind.CHANGED;
                    items.add(new Received(name(files), kind, pending));
                }
            }
            for (ApprovedFiles files : ObsoleteApproval.noted(output)) {
                claims.whyObsolete(files)
                        .ifPresent(reason -> items.add(new Obsolete(name(files), new ObsoleteApproval(files, reason))));
            }
        } catch (IOException e) {
            throw CommandException.data("cannot read what is pending in " + output, e);
        }
        return items;
    }

    private static String name(ApprovedFiles files) {
        return shown(files.text().resolveSibling(files.name()));
    }

    private static String shown(Path path) {
        Path here = Path.of("").toAbsolutePath();
        Path absolute = path.toAbsolutePath().normalize();
        Path shown = absolute.startsWith(here) ? here.relativize(absolute) : absolute;
        return shown.toString().replace(shown.getFileSystem().getSeparator(), "/");
    }

    private Difference difference(Item item) {
        if (decided
                || !(item instanceof Received received)
                || !Files.exists(received.pending.approvedRecording())
                || !Files.exists(received.pending.receivedRecording())) {
            return Difference.NONE;
        }
        try (Recording before = Recording.open(received.pending.approvedRecording());
                Recording after = Recording.open(received.pending.receivedRecording())) {
            Bisection bisection = BisectCommand.bisect(before, after, terminal);
            return new Difference(Optional.of(bisection), bisection.sentence("the approved run"));
        } catch (RecordingException e) {
            return new Difference(Optional.empty(), "not bisected: " + e.getMessage());
        } catch (RuntimeException e) {
            // A defect of the bisector must not keep anybody from deciding.
            return new Difference(Optional.empty(), "not bisected, internal error: " + e);
        }
    }

    // Deciding by options

    private void decide(List<Item> items) throws CommandException {
        // All names are looked up before anything is done.
        Set<Item> toAccept = new LinkedHashSet<>();
        Set<Item> toReject = new LinkedHashSet<>();
        Set<Item> toDelete = new LinkedHashSet<>();
        for (String name : accept) {
            toAccept.add(named(items, name, "--accept", false));
        }
        for (String name : reject) {
            toReject.add(named(items, name, "--reject", false));
        }
        for (String name : delete) {
            toDelete.add(named(items, name, "--delete", true));
        }
        for (Item item : toAccept) {
            if (toReject.contains(item)) {
                throw CommandException.usage(item.name() + " cannot be both accepted and rejected");
            }
        }
        for (Item item : items) {
            if (item instanceof Obsolete) {
                if (deleteAll) {
                    toDelete.add(item);
                }
            } else if (acceptAll && !toReject.contains(item)) {
                toAccept.add(item);
            } else if (rejectAll && !toAccept.contains(item)) {
                toReject.add(item);
            }
        }
        for (Item item : toAccept) {
            accept(item);
        }
        for (Item item : toReject) {
            reject(item);
        }
        for (Item item : toDelete) {
            delete(item);
        }
    }

    private static Item named(List<Item> items, String given, String option, boolean obsolete) throws CommandException {
        String name = ApprovedFiles.nameOf(given).orElse(given).replace('\\', '/');
        String wanted = name.startsWith("./") ? name.substring(2) : name;
        List<Item> found = new ArrayList<>();
        for (Item item : items) {
            if (item.name().equals(wanted) || item.name().endsWith("/" + wanted)) {
                found.add(item);
            }
        }
        // A whole path is meant, even where it is the end of another one too.
        Optional<Item> exact =
                found.stream().filter(item -> item.name().equals(wanted)).findFirst();
        if (found.isEmpty()) {
            throw CommandException.usage("nothing pending is called '" + given + "'; tapedeck review lists what is");
        }
        if (exact.isEmpty() && found.stream().map(Item::name).distinct().count() > 1) {
            throw CommandException.usage("'" + given + "' may be "
                    + found.get(0).name() + " or " + found.get(1).name());
        }
        Item item = exact.orElse(found.get(0));
        if (obsolete != item instanceof Obsolete) {
            throw CommandException.usage(
                    obsolete
                            ? item.name() + " is not obsolete; " + option + " is for approved files that are"
                            : item.name() + " is obsolete, which --delete is for");
        }
        return item;
    }

    private void accept(Item item) throws CommandException {
        try {
            if (item instanceof Received received) {
                received.pending.accept();
                accepted.add(item.name());
                done("accepted", item);
            }
        } catch (IOException e) {
            throw CommandException.data("cannot approve " + item.name(), e);
        }
    }

    private void reject(Item item) throws CommandException {
        try {
            if (item instanceof Received received) {
                received.pending.reject();
                rejected.add(item.name());
                done("rejected", item);
            }
        } catch (IOException e) {
            throw CommandException.data("cannot remove what was received for " + item.name(), e);
        }
    }

    private void delete(Item item) throws CommandException {
        try {
            if (item instanceof Obsolete obsolete) {
                obsolete.approval.files().delete();
                deleted.add(item.name());
                done("deleted", item);
            }
        } catch (IOException e) {
            throw CommandException.data("cannot delete the approved files of " + item.name(), e);
        }
    }

    private void done(String what, Item item) {
        if (!json) {
            terminal.println(String.format(Locale.ROOT, ENTRY, what, Visible.of(item.name())));
        }
    }

    // Deciding in a terminal

    private void ask(List<Item> items) throws CommandException {
        BufferedReader answers = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        terminal.println(pending(items));
        boolean all = false;
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            boolean obsolete = item instanceof Obsolete;
            if (all && !obsolete) {
                accept(item);
                continue;
            }
            terminal.println("");
            terminal.println(terminal.paint()
                    .bold((i + 1) + " of " + items.size() + "  " + item.kind().word() + "  "
                            + Visible.of(item.name())));
            show(item);
            String keys = obsolete
                    ? "[d]elete, [s]kip, [q]uit: "
                    : "[a]ccept, [r]eject, [s]kip, [A]ccept all that are left, [q]uit: ";
            boolean decided = false;
            while (!decided) {
                terminal.print(keys);
                terminal.out().flush();
                String answer = read(answers);
                decided = true;
                if (answer.equals("q") || answer.equals("quit")) {
                    return;
                } else if (obsolete && (answer.equals("d") || answer.equals("delete"))) {
                    delete(item);
                } else if (!obsolete && (answer.equals("a") || answer.equals("accept"))) {
                    accept(item);
                } else if (!obsolete && (answer.equals("A") || answer.equals("all"))) {
                    accept(item);
                    all = true;
                } else if (!obsolete && (answer.equals("r") || answer.equals("reject"))) {
                    reject(item);
                } else if (!answer.equals("s") && !answer.equals("skip")) {
                    decided = false;
                }
            }
        }
    }

    /** A line; at the end of the input, what ends the questions. */
    private static String read(BufferedReader answers) throws CommandException {
        try {
            String line = answers.readLine();
            return line == null ? "q" : line.strip();
        } catch (IOException e) {
            throw CommandException.data("cannot read the answer", e);
        }
    }

    /** The first divergent instruction, and then the texts. */
    private void show(Item item) throws CommandException {
        if (item instanceof Obsolete obsolete) {
            terminal.println("  " + Visible.of(obsolete.approval.reason()));
            for (Path file : obsolete.approval.files().existing()) {
                terminal.println("  " + Visible.of(shown(file)));
            }
        } else if (item instanceof Received received) {
            terminal.println("  " + Visible.of(received.pending.title()));
            Difference difference = difference(item);
            if (difference.bisection().isPresent()) {
                terminal.println("");
                terminal.print(ConsoleReport.render(difference.bisection().get(), terminal.width(), terminal.paint()));
            } else if (!difference.line().isEmpty()) {
                terminal.println("  " + Visible.of(difference.line()));
            }
            terminal.println("");
            showText(received);
            terminal.println("");
        }
    }

    private void showText(Received received) throws CommandException {
        String text = diff(received);
        List<String> lines = text.lines().toList();
        for (String line : lines.subList(0, Math.min(LINES_MAX, lines.size()))) {
            String shown = Visible.of(line);
            terminal.println(
                    shown.startsWith("+")
                            ? terminal.paint().good(shown)
                            : shown.startsWith("-") ? terminal.paint().bad(shown) : shown);
        }
        if (lines.size() > LINES_MAX) {
            terminal.println("and " + Words.count(lines.size() - LINES_MAX, "more line") + ", in "
                    + Visible.of(shown(received.pending.receivedText())));
        }
    }

    // Listing

    private String pending(List<Item> items) {
        long obsolete = items.stream().filter(item -> item instanceof Obsolete).count();
        long received = items.size() - obsolete;
        String runs = received + (received == 1 ? " run waits" : " runs wait") + " to be approved";
        String files = "approved files of " + Words.count(obsolete, "run") + " are obsolete";
        return (obsolete == 0 ? runs : received == 0 ? files : runs + ", " + files) + ", in "
                + Visible.of(output.toString());
    }

    private void list(List<Item> items) {
        terminal.println(pending(items));
        terminal.println("");
        for (Item item : items) {
            terminal.println(String.format(Locale.ROOT, ENTRY, item.kind().word(), Visible.of(item.name())));
            String why = item instanceof Obsolete obsolete
                    ? obsolete.approval.reason()
                    : difference(item).line();
            if (!why.isEmpty()) {
                terminal.println(" ".repeat(10) + Visible.of(why));
            }
        }
        String command = "  tapedeck review" + (output.equals(OUTPUT_DEFAULT) ? "" : " " + shell(output.toString()));
        terminal.println("");
        terminal.println("To step through them, in a terminal:");
        terminal.println(command);
        terminal.println("Or, by command:");
        for (Item item : items) {
            for (String option : item instanceof Obsolete ? List.of("--delete") : List.of("--accept", "--reject")) {
                terminal.println(command + " " + option + "=" + shell(item.name()));
            }
        }
        if (items.stream().anyMatch(item -> item instanceof Received)) {
            terminal.println(command + " --accept-all");
        }
        if (items.stream().anyMatch(item -> item instanceof Obsolete)) {
            terminal.println(command + " --delete-all");
        }
    }

    /** A word for a shell. Control characters are written out; such a name has to be typed in another way. */
    private static String shell(String word) {
        return Words.shell(Visible.of(word));
    }

    private void print(List<Item> items) throws CommandException {
        terminal.print(JsonReport.<CommandException>document(document -> {
            document.writeStringField("folder", output.toString());
            document.writeArrayFieldStart("pending");
            for (Item item : items) {
                document.writeStartObject();
                document.writeStringField("name", item.name());
                document.writeStringField("kind", item.kind().word());
                if (item instanceof Received received) {
                    received(document, received);
                } else if (item instanceof Obsolete obsolete) {
                    files(document, obsolete.approval.files().existing());
                    document.writeStringField("reason", obsolete.approval.reason());
                }
                document.writeEndObject();
            }
            document.writeEndArray();
            strings(document, "accepted", accepted);
            strings(document, "rejected", rejected);
            strings(document, "deleted", deleted);
        }));
    }

    private void received(JsonGenerator document, Received received) throws IOException, CommandException {
        PendingApproval pending = received.pending;
        document.writeStringField("test", pending.title());
        files(document, List.of(pending.approvedText(), pending.approvedRecording()));
        strings(
                document,
                "received",
                Stream.of(pending.receivedText(), pending.receivedRecording())
                        .filter(Files::exists)
                        .map(ReviewCommand::shown)
                        .toList());
        Difference difference = difference(received);
        document.writeStringField("difference", difference.line());
        document.writeFieldName("bisection");
        if (difference.bisection().isPresent()) {
            document.writeStartObject();
            JsonReport.fields(document, difference.bisection().get());
            document.writeEndObject();
        } else {
            document.writeNull();
        }
        document.writeStringField("diff", diff(received));
    }

    private static String diff(Received received) throws CommandException {
        try {
            return received.pending.diff();
        } catch (IOException e) {
            throw CommandException.data("cannot read what was received for " + received.name, e);
        }
    }

    private static void files(JsonGenerator document, List<Path> files) throws IOException {
        strings(document, "files", files.stream().map(ReviewCommand::shown).toList());
    }

    private static void strings(JsonGenerator document, String name, List<String> texts) throws IOException {
        document.writeArrayFieldStart(name);
        for (String text : texts) {
            document.writeString(text);
        }
        document.writeEndArray();
    }
}
