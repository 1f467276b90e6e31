package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.HostState;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The system behind the functions: what is open, the files, the clock, the random source. */
final class WasiState {
    private static final int VERSION = 1;
    private static final int STREAM = 0;
    private static final int VIRTUAL_FILE = 1;
    private static final int VIRTUAL_DIRECTORY = 2;
    private static final int REAL_FILE = 3;
    private static final int REAL_DIRECTORY = 4;

    final WasiOptions options;
    final InputTape input;
    final OutputStream output;
    final OutputStream error;
    private final List<RealTree> realTrees = new ArrayList<>();
    private final @Nullable SecureRandom realRandom;
    private final long started = System.nanoTime();

    Descriptors descriptors = new Descriptors();
    private FileTree tree;

    /** Instructions before the call that is being carried out. */
    private long icount;

    /** Virtual nanoseconds that the program has slept. */
    private long slept;

    private long random;

    WasiState(WasiOptions options, InputTape input, OutputStream output, OutputStream error) {
        this.options = options;
        this.input = input;
        this.output = output;
        this.error = error;
        this.random = options.seed();
        this.realRandom = options.randomIsReal() ? new SecureRandom() : null;
        this.tree = new FileTree(this::realtime);
        try {
            for (Map.Entry<String, byte[]> file : options.files().entrySet()) {
                make(file.getKey(), file.getValue());
            }
            preopen();
        } catch (ErrnoException e) {
            throw new IllegalArgumentException(
                    "the files do not fit the virtual tree: " + e.errno().name());
        }
    }

    private void make(String path, byte[] content) throws ErrnoException {
        String[] names = path.replaceFirst("^/+", "").split("/+");
        boolean directory = path.endsWith("/");
        DirectoryNode at = tree.root();
        for (int i = 0; i < names.length - (directory ? 0 : 1); i++) {
            Node next = tree.find(at, names[i]);
            if (next == null) {
                next = tree.createDirectory(at, names[i]);
            }
            if (!(next instanceof DirectoryNode)) {
                throw new IllegalArgumentException("the virtual tree has a file where " + path + " needs a directory");
            }
            at = (DirectoryNode) next;
        }
        if (!directory) {
            String name = names[names.length - 1];
            if (tree.find(at, name) != null) {
                throw new IllegalArgumentException("the virtual tree has " + path + " twice");
            }
            tree.write(tree.createFile(at, name), 0, content);
        }
    }

    private void preopen() throws ErrnoException {
        for (int i = 0; i <= 2; i++) {
            descriptors.put(i, new Descriptor.Stream(i, options.isTerminal()));
        }
        for (WasiOptions.Mount mount : options.mounts()) {
            realTrees.add(RealTree.open(realTrees.size() + 1, mount.host(), mount.writable()));
        }
        if (options.mounts().stream().noneMatch(mount -> mount.guest().equals("/"))) {
            preopen(new VirtualDirectory(tree, tree.root()), "/");
        }
        for (int i = 0; i < realTrees.size(); i++) {
            preopen(realTrees.get(i).directory(), options.mounts().get(i).guest());
        }
    }

    private void preopen(Directory directory, String guest) throws ErrnoException {
        descriptors.put(descriptors.free(), new Descriptor.Dir(directory, guest, Rights.DIRECTORY, Rights.ALL, 0));
    }

    void callBegins(long instructions) {
        icount = instructions;
    }

    // Clocks

    long realtime() {
        if (options.clockIsReal()) {
            Instant now = Instant.now();
            return now.getEpochSecond() * 1_000_000_000L + now.getNano();
        }
        return WasiOptions.EPOCH_NANOS + monotonic();
    }

    long monotonic() {
        return options.clockIsReal() ? System.nanoTime() - started : icount + slept;
    }

    long cpuTime() {
        return options.clockIsReal() ? System.nanoTime() - started : icount;
    }

    /** Lets time pass. The virtual clock is put forward; the real one takes its time. */
    void sleep(long nanos) throws ErrnoException {
        if (options.clockIsReal()) {
            try {
                Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ErrnoException(Errno.INTR);
            }
        } else {
            // Clocks stay below 2^63, whatever a program asks for.
            slept = Math.min(slept + nanos, Long.MAX_VALUE >> 2);
        }
    }

    /** SplitMix64, or the computer's own source. */
    void random(byte[] bytes) {
        if (realRandom != null) {
            realRandom.nextBytes(bytes);
            return;
        }
        for (int i = 0; i < bytes.length; ) {
            random += 0x9E37_79B9_7F4A_7C15L;
            long z = random;
            z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
            z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
            z ^= z >>> 31;
            for (int k = 0; k < 8 && i < bytes.length; k++) {
                bytes[i++] = (byte) (z >>> (8 * k));
            }
        }
    }

    // Saving

    HostState save() {
        StateOutput out = new StateOutput();
        out.u8(VERSION);
        out.number(slept);
        out.number(random);
        out.number(input.position());
        Map<Integer, Descriptor> all = descriptors.all();
        out.number(all.size());
        all.forEach((number, descriptor) -> {
            out.number(number);
            save(out, descriptor);
        });
        return HostState.of(out.toBytes(), List.of(tree.save()));
    }

    private static void save(StateOutput out, Descriptor descriptor) {
        if (descriptor instanceof Descriptor.Stream stream) {
            out.u8(STREAM);
            out.number(stream.number);
        } else if (descriptor instanceof Descriptor.File file) {
            if (file.file instanceof VirtualFile virtual) {
                out.u8(VIRTUAL_FILE);
                out.number(virtual.node().slot);
            } else if (file.file instanceof RealFile real) {
                out.u8(REAL_FILE);
                out.number(real.realTree().index());
                names(out, real.names());
                out.text(real.name());
                out.u8((real.access().read() ? 1 : 0) | (real.access().write() ? 2 : 0));
            }
            out.number(file.position);
        } else if (descriptor instanceof Descriptor.Dir directory) {
            if (directory.directory instanceof VirtualDirectory virtual) {
                out.u8(VIRTUAL_DIRECTORY);
                out.number(virtual.node().slot);
            } else if (directory.directory instanceof RealDirectory real) {
                out.u8(REAL_DIRECTORY);
                out.number(real.realTree().index());
                names(out, real.names());
            }
            out.text(directory.preopened == null ? "" : directory.preopened);
        }
        out.number(descriptor.rights);
        out.number(descriptor.inheriting);
        out.number(descriptor.flags);
    }

    private static void names(StateOutput out, List<String> names) {
        out.number(names.size());
        names.forEach(out::text);
    }

    /** Makes a descriptor, when the new tree is there. */
    private interface Maker {
        Descriptor make(FileTree newTree);
    }

    /** @throws IllegalArgumentException if it is not such a state, or a real file is not there any more; nothing changes */
    void restore(HostState state) {
        StateInput in = new StateInput(state.bytes());
        int version = in.u8();
        if (version != VERSION || state.parts().size() != 1) {
            throw StateInput.wrong("version " + version + " of it, expected " + VERSION);
        }
        long newSlept = StateInput.within("the time slept", in.number(), Long.MAX_VALUE >> 2);
        long newRandom = in.number();
        long newPosition = StateInput.within("the input's position", in.number(), Long.MAX_VALUE);
        int count = (int) StateInput.within("the number of descriptors", in.number(), Descriptors.COUNT_MAX);
        FileTree newTree = tree.restored(state.parts().get(0));
        TreeMap<Integer, Maker> makers = new TreeMap<>();
        List<Descriptor> real = new ArrayList<>();
        try {
            int before = -1;
            for (int i = 0; i < count; i++) {
                int number = (int) StateInput.within("a descriptor", in.number(), Descriptors.COUNT_MAX - 1);
                if (number <= before) {
                    throw StateInput.wrong("descriptor " + number + " follows " + before);
                }
                before = number;
                makers.put(number, maker(in, number, newTree, real));
            }
            in.end();
        } catch (IllegalArgumentException e) {
            real.forEach(Descriptor::close);
            throw e;
        }
        descriptors.closeAll();
        newTree.closeAll();
        tree = newTree;
        makers.forEach((number, maker) -> descriptors.put(number, maker.make(newTree)));
        newTree.releaseUnused();
        slept = newSlept;
        random = newRandom;
        input.position(newPosition);
    }

    private Maker maker(StateInput in, int number, FileTree newTree, List<Descriptor> real) {
        int kind = in.u8();
        Node node = null;
        Directory directory = null;
        OpenFile file = null;
        long stream = 0;
        switch (kind) {
            case STREAM -> stream = StateInput.within("a stream", in.number(), 2);
            case VIRTUAL_FILE, VIRTUAL_DIRECTORY -> {
                node = newTree.at(in.number());
                if (kind == VIRTUAL_FILE ? !(node instanceof FileNode) : !(node instanceof DirectoryNode)) {
                    throw StateInput.wrong("descriptor " + number + " is of nothing");
                }
            }
            case REAL_FILE, REAL_DIRECTORY -> {
                RealTree realTree = realTree(number, in.number());
                List<String> names = new ArrayList<>();
                for (long i = StateInput.within("names", in.number(), PathWalk.PATH_BYTES_MAX); i > 0; i--) {
                    names.add(in.text(4 * PathWalk.NAME_CHARS_MAX));
                }
                String name = kind == REAL_FILE ? in.text(4 * PathWalk.NAME_CHARS_MAX) : "";
                int access = kind == REAL_FILE ? in.u8() : 0;
                try {
                    directory = open(realTree, names);
                    if (kind == REAL_FILE) {
                        try {
                            check(name);
                            file = directory.file(
                                    name,
                                    new Directory.Access((access & 1) != 0, (access & 2) != 0, false, false, false));
                        } finally {
                            directory.close();
                        }
                    }
                } catch (ErrnoException e) {
                    Path path = realTree.root();
                    throw new IllegalArgumentException("descriptor " + number + " was open on "
                            + String.join("/", names) + (kind == REAL_FILE ? "/" + name : "") + " in " + path
                            + ", which cannot be opened again: " + e.errno().name());
                }
            }
            default -> throw StateInput.wrong("descriptor " + number + " of kind " + kind);
        }
        boolean ofFile = kind == VIRTUAL_FILE || kind == REAL_FILE;
        // What is open has to be closed again where the rest is damaged.
        Descriptor opened = null;
        if (kind == REAL_FILE && file != null) {
            opened = new Descriptor.File(file, 0, 0, 0);
            real.add(opened);
        } else if (kind == REAL_DIRECTORY && directory != null) {
            opened = new Descriptor.Dir(directory, null, 0, 0, 0);
            real.add(opened);
        }
        long position = ofFile ? StateInput.within("a position", in.number(), Long.MAX_VALUE) : 0;
        String preopened = kind == VIRTUAL_DIRECTORY || kind == REAL_DIRECTORY ? in.text(PathWalk.PATH_BYTES_MAX) : "";
        long rights = in.number();
        long inheriting = in.number();
        int flags = (int) StateInput.within("the flags of a descriptor", in.number(), Descriptor.FLAGS);
        Node virtual = node;
        OpenFile realFile = file;
        Directory realDirectory = directory;
        int streamNumber = (int) stream;
        return made -> {
            if (kind == STREAM) {
                Descriptor descriptor = new Descriptor.Stream(streamNumber, options.isTerminal());
                descriptor.rights = rights;
                descriptor.inheriting = inheriting;
                descriptor.flags = flags;
                return descriptor;
            } else if (ofFile) {
                OpenFile target = virtual instanceof FileNode found ? new VirtualFile(made, found) : realFile;
                Descriptor.File descriptor = new Descriptor.File(present(target), rights, inheriting, flags);
                descriptor.position = position;
                return descriptor;
            }
            Directory target =
                    virtual instanceof DirectoryNode found ? new VirtualDirectory(made, found) : realDirectory;
            return new Descriptor.Dir(
                    present(target), preopened.isEmpty() ? null : preopened, rights, inheriting, flags);
        };
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a descriptor without a file");
        }
        return value;
    }

    private RealTree realTree(int number, long index) {
        if (index < 1 || index > realTrees.size()) {
            throw new IllegalArgumentException("descriptor " + number + " was open in real directory " + index
                    + ", but there are " + realTrees.size() + " of them now");
        }
        return realTrees.get((int) index - 1);
    }

    private static void check(String name) throws ErrnoException {
        if (name.isEmpty()
                || name.equals(".")
                || name.equals("..")
                || name.indexOf('/') >= 0
                || name.indexOf('\0') >= 0) {
            throw new ErrnoException(Errno.INVAL);
        }
    }

    private static Directory open(RealTree realTree, List<String> names) throws ErrnoException {
        Directory directory = realTree.directory();
        for (String name : names) {
            try {
                check(name);
                Directory next = directory.directory(name);
                directory.close();
                directory = next;
            } catch (ErrnoException e) {
                directory.close();
                throw e;
            }
        }
        return directory;
    }
}
