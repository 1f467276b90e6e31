package dev.tapedeck.vm.wasi;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An open directory of a {@link RealTree}. */
final class RealDirectory implements Directory {
    private static final Pattern KEY = Pattern.compile("\\(dev=([0-9a-f]+),ino=(\\d+)\\)");

    private static final LinkOption[] NO_LINKS = {LinkOption.NOFOLLOW_LINKS};

    private final RealTree tree;
    private final SecureDirectoryStream<Path> stream;

    /** How it was reached from the root. */
    private final List<String> names;

    /** What the last listing from the beginning on gave. */
    private List<Listed> listed = List.of();

    private record Listed(String name, long inode, FileType type) {}

    RealDirectory(RealTree tree, SecureDirectoryStream<Path> stream, List<String> names) {
        this.tree = tree;
        this.stream = stream;
        this.names = names;
    }

    RealTree realTree() {
        return tree;
    }

    List<String> names() {
        return names;
    }

    private BasicFileAttributeView view(String name) throws ErrnoException {
        return stream.getFileAttributeView(RealTree.path(name), BasicFileAttributeView.class, NO_LINKS);
    }

    private Filestat stat(BasicFileAttributes attributes) {
        FileType type;
        if (attributes.isSymbolicLink()) {
            type = FileType.SYMBOLIC_LINK;
        } else if (attributes.isDirectory()) {
            type = FileType.DIRECTORY;
        } else {
            type = attributes.isRegularFile() ? FileType.REGULAR_FILE : FileType.UNKNOWN;
        }
        Matcher key = KEY.matcher(String.valueOf(attributes.fileKey()));
        boolean known = key.matches();
        // How many names a file has is not among what can be asked of an open directory.
        return new Filestat(
                known ? Long.parseUnsignedLong(key.group(1), 16) : 1L + tree.index(),
                known ? Long.parseUnsignedLong(key.group(2)) : 0,
                type,
                1,
                attributes.size(),
                nanos(attributes.lastAccessTime()),
                nanos(attributes.lastModifiedTime()),
                nanos(attributes.lastModifiedTime()));
    }

    static long nanos(FileTime time) {
        return time.to(TimeUnit.NANOSECONDS);
    }

    @Override
    public Filestat stat() throws ErrnoException {
        try {
            return stat(
                    stream.getFileAttributeView(BasicFileAttributeView.class).readAttributes());
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public Filestat stat(String name) throws ErrnoException {
        try {
            return stat(view(name).readAttributes());
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public Directory directory(String name) throws ErrnoException {
        List<String> below = new ArrayList<>(names);
        below.add(name);
        try {
            return new RealDirectory(
                    tree, stream.newDirectoryStream(RealTree.path(name), NO_LINKS), List.copyOf(below));
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public Directory again() throws ErrnoException {
        try {
            return new RealDirectory(tree, stream.newDirectoryStream(Path.of("."), NO_LINKS), names);
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public OpenFile file(String name, Access access) throws ErrnoException {
        if (access.write() || access.create() || access.truncate()) {
            checkWritable();
        }
        boolean exists = true;
        try {
            FileType type = stat(name).type();
            if (type != FileType.REGULAR_FILE) {
                // Others, pipes for example, could block when opened.
                throw new ErrnoException(
                        type == FileType.SYMBOLIC_LINK
                                ? Errno.LOOP
                                : type == FileType.DIRECTORY ? Errno.ISDIR : Errno.NOTSUP);
            }
        } catch (ErrnoException e) {
            if (e.errno() != Errno.NOENT || !access.create()) {
                throw e;
            }
            exists = false;
        }
        Set<OpenOption> options = new HashSet<>(Set.of(LinkOption.NOFOLLOW_LINKS));
        boolean write = access.write() || access.truncate() || !exists;
        if (access.read() || !write) {
            options.add(StandardOpenOption.READ);
        }
        if (write) {
            options.add(StandardOpenOption.WRITE);
        }
        if (access.truncate()) {
            options.add(StandardOpenOption.TRUNCATE_EXISTING);
        }
        if (access.create()) {
            options.add(access.exclusive() ? StandardOpenOption.CREATE_NEW : StandardOpenOption.CREATE);
        }
        try {
            SeekableByteChannel channel = stream.newByteChannel(RealTree.path(name), options);
            if (channel instanceof FileChannel file) {
                return new RealFile(tree, file, stat(name), names, name, access);
            }
            channel.close();
            throw new ErrnoException(Errno.NOTSUP);
        } catch (IOException e) {
            throw error(e);
        }
    }

    private void checkWritable() throws ErrnoException {
        if (!tree.writable()) {
            throw new ErrnoException(Errno.ROFS);
        }
    }

    private void checkMissing(String name) throws ErrnoException {
        checkWritable();
        try {
            stat(name);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.NOENT) {
                return;
            }
            throw e;
        }
        throw new ErrnoException(Errno.EXIST);
    }

    /** Where this directory should be, for the few calls that need a path; not to be trusted. */
    private Path path(String name) throws ErrnoException {
        Path path = tree.root();
        for (String each : names) {
            path = path.resolve(RealTree.path(each));
        }
        return path.resolve(RealTree.path(name));
    }

    private Object key(String name) throws IOException, ErrnoException {
        return Objects.toString(view(name).readAttributes().fileKey());
    }

    private static Object key(Path path) throws IOException {
        return Objects.toString(
                Files.readAttributes(path, BasicFileAttributes.class, NO_LINKS).fileKey());
    }

    /** Java reads links by path only, so it is checked that the path leads to the link that is meant. */
    @Override
    public String readLink(String name) throws ErrnoException {
        if (stat(name).type() != FileType.SYMBOLIC_LINK) {
            throw new ErrnoException(Errno.INVAL);
        }
        Path path = path(name);
        try {
            Object key = key(name);
            if (!key(path).equals(key)) {
                throw new ErrnoException(Errno.NOENT);
            }
            String target = Files.readSymbolicLink(path).toString();
            if (!key(path).equals(key)) {
                throw new ErrnoException(Errno.NOENT);
            }
            return target;
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public void createDirectory(String name) throws ErrnoException {
        checkMissing(name);
        Path made = tree.unusedName();
        try {
            Files.createDirectory(made);
        } catch (IOException e) {
            throw error(e);
        }
        moveIn(made, name);
    }

    @Override
    public void symlink(String target, String name) throws ErrnoException {
        checkMissing(name);
        Path made = tree.unusedName();
        try {
            Files.createSymbolicLink(made, RealTree.path(target));
        } catch (IOException | UnsupportedOperationException e) {
            throw error(e);
        }
        moveIn(made, name);
    }

    @Override
    public void link(String name, Directory to, String newName) throws ErrnoException {
        if (stat(name).type() == FileType.DIRECTORY) {
            throw new ErrnoException(Errno.PERM);
        }
        RealDirectory target = (RealDirectory) to;
        target.checkMissing(newName);
        Path made = tree.unusedName();
        try {
            Object key = key(name);
            Files.createLink(made, path(name));
            // Where the path led elsewhere meanwhile, the program must not get what is there.
            if (!key(made).equals(key)) {
                Files.deleteIfExists(made);
                throw new ErrnoException(Errno.NOENT);
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw error(e);
        }
        target.moveIn(made, newName);
    }

    /** Gives what was made in the root its place and name here. */
    private void moveIn(Path made, String name) throws ErrnoException {
        RealDirectory root = tree.directory();
        try {
            root.stream.move(made.getFileName(), stream, RealTree.path(name));
        } catch (IOException e) {
            try {
                Files.deleteIfExists(made);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw error(e);
        } finally {
            root.close();
        }
    }

    @Override
    public void rename(String name, Directory to, String newName) throws ErrnoException {
        checkWritable();
        RealDirectory target = (RealDirectory) to;
        Filestat from = stat(name);
        try {
            Filestat there = target.stat(newName);
            if (there.inode() == from.inode() && there.device() == from.device()) {
                return;
            }
            boolean directory = from.type() == FileType.DIRECTORY;
            if (directory != (there.type() == FileType.DIRECTORY)) {
                throw new ErrnoException(directory ? Errno.NOTDIR : Errno.ISDIR);
            }
            if (directory) {
                // Not left to the system, whose message for it is in its own language.
                RealDirectory old = (RealDirectory) target.directory(newName);
                try {
                    old.read();
                    if (!old.listed.isEmpty()) {
                        throw new ErrnoException(Errno.NOTEMPTY);
                    }
                } finally {
                    old.close();
                }
            }
        } catch (ErrnoException e) {
            if (e.errno() != Errno.NOENT) {
                throw e;
            }
        }
        try {
            stream.move(RealTree.path(name), target.stream, RealTree.path(newName));
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public void unlink(String name) throws ErrnoException {
        checkWritable();
        if (stat(name).type() == FileType.DIRECTORY) {
            throw new ErrnoException(Errno.ISDIR);
        }
        try {
            stream.deleteFile(RealTree.path(name));
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public void removeDirectory(String name) throws ErrnoException {
        checkWritable();
        if (stat(name).type() != FileType.DIRECTORY) {
            throw new ErrnoException(Errno.NOTDIR);
        }
        try {
            stream.deleteDirectory(RealTree.path(name));
        } catch (IOException e) {
            throw error(e);
        }
    }

    static FileTime time(OptionalLong nanos) {
        return FileTime.from(nanos.orElse(0), TimeUnit.NANOSECONDS);
    }

    static void setTimes(BasicFileAttributeView view, Times times) throws IOException {
        BasicFileAttributes old = view.readAttributes();
        view.setTimes(
                times.modified().isPresent() ? time(times.modified()) : old.lastModifiedTime(),
                times.accessed().isPresent() ? time(times.accessed()) : old.lastAccessTime(),
                null);
    }

    @Override
    public void setTimes(Times times) throws ErrnoException {
        checkWritable();
        try {
            setTimes(stream.getFileAttributeView(BasicFileAttributeView.class), times);
        } catch (IOException e) {
            throw error(e);
        }
    }

    @Override
    public void setTimes(String name, Times times) throws ErrnoException {
        checkWritable();
        try {
            setTimes(view(name), times);
        } catch (IOException e) {
            throw error(e);
        }
    }

    /** Cookies count the entries as they were listed at the beginning, in the order of their names. */
    @Override
    public void list(long cookie, Listing listing) throws ErrnoException {
        long own = stat().inode();
        if (cookie == 0) {
            read();
            if (!listing.entry(1, own, FileType.DIRECTORY, ".")) {
                return;
            }
        }
        if (cookie >= 0 && cookie <= 1 && !listing.entry(2, own, FileType.DIRECTORY, "..")) {
            return;
        }
        for (long i = Math.max(cookie, 2); cookie >= 0 && i - 2 < listed.size(); i++) {
            Listed entry = listed.get((int) i - 2);
            if (!listing.entry(i + 1, entry.inode, entry.type, entry.name)) {
                return;
            }
        }
    }

    private void read() throws ErrnoException {
        List<Listed> found = new ArrayList<>();
        try (SecureDirectoryStream<Path> all = stream.newDirectoryStream(Path.of("."), NO_LINKS)) {
            for (Path path : all) {
                String name = String.valueOf(path.getFileName());
                try {
                    Filestat stat = stat(name);
                    found.add(new Listed(name, stat.inode(), stat.type()));
                } catch (ErrnoException e) {
                    // Gone since, or with a name that this system's character set cannot hold: the program cannot use
                    // it.
                    continue;
                }
                if (found.size() > FileTree.NAMES_MAX) {
                    throw new ErrnoException(Errno.NOMEM);
                }
            }
        } catch (IOException e) {
            throw error(e);
        } catch (DirectoryIteratorException e) {
            throw new ErrnoException(Errno.IO);
        }
        found.sort(Comparator.comparing(Listed::name));
        listed = found;
    }

    @Override
    public void sync() {}

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            // Nothing was written through it, so nothing is lost.
        }
    }

    @Override
    public int tree() {
        return tree.index();
    }

    @Override
    public boolean writable() {
        return tree.writable();
    }

    static ErrnoException error(Exception e) {
        return new ErrnoException(errno(e));
    }

    /** The error that Java made an exception of. */
    static Errno errno(Exception e) {
        if (e instanceof NoSuchFileException) {
            return Errno.NOENT;
        } else if (e instanceof FileAlreadyExistsException) {
            return Errno.EXIST;
        } else if (e instanceof DirectoryNotEmptyException) {
            return Errno.NOTEMPTY;
        } else if (e instanceof AccessDeniedException) {
            return Errno.ACCES;
        } else if (e instanceof NotDirectoryException) {
            return Errno.NOTDIR;
        } else if (e instanceof FileSystemLoopException) {
            return Errno.LOOP;
        } else if (e instanceof UnsupportedOperationException) {
            return Errno.NOTSUP;
        }
        String reason = e instanceof FileSystemException failure ? String.valueOf(failure.getReason()) : "" + e;
        for (Reason known : REASONS) {
            if (reason.contains(known.text)) {
                return known.errno;
            }
        }
        return Errno.IO;
    }

    private record Reason(String text, Errno errno) {}

    /** The system's words for what Java has no class for. */
    private static final List<Reason> REASONS = List.of(
            new Reason("Too many levels of symbolic links", Errno.LOOP),
            new Reason("Too many open files", Errno.MFILE),
            new Reason("Not a directory", Errno.NOTDIR),
            new Reason("Is a directory", Errno.ISDIR),
            new Reason("Directory not empty", Errno.NOTEMPTY),
            new Reason("File name too long", Errno.NAMETOOLONG),
            new Reason("No space left", Errno.NOSPC),
            new Reason("quota", Errno.DQUOT),
            new Reason("Read-only file system", Errno.ROFS),
            new Reason("Operation not permitted", Errno.PERM),
            new Reason("Permission denied", Errno.ACCES),
            new Reason("cross-device link", Errno.XDEV),
            new Reason("File too large", Errno.FBIG),
            new Reason("Text file busy", Errno.TXTBSY),
            new Reason("busy", Errno.BUSY),
            new Reason("Invalid argument", Errno.INVAL));
}
