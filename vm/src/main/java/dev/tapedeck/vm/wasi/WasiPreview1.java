package dev.tapedeck.vm.wasi;

import static dev.tapedeck.vm.isa.ValueType.I32;
import static dev.tapedeck.vm.isa.ValueType.I64;

import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The functions of {@code wasi_snapshot_preview1}, all of them. {@link WasiHost} carries them out. */
public final class WasiPreview1 {
    /** The module by which programs import them. */
    public static final String MODULE = "wasi_snapshot_preview1";

    /** What carries out a function. */
    interface Implementation {
        void run(WasiState state, Guest guest) throws ErrnoException, HostException;
    }

    record Entry(HostFunction function, Implementation implementation) {}

    private static final ValueType[] NONE = {};

    private static final Map<String, Entry> ENTRIES = new LinkedHashMap<>();

    // spotless:off
    static {
        add("args_get", types(I32, I32), SystemFunctions::argumentsGet, "The arguments: an array of pointers, and the texts they point to.");
        add("args_sizes_get", types(I32, I32), SystemFunctions::argumentsSizes, "How many arguments there are, and the bytes of their texts.");
        add("environ_get", types(I32, I32), SystemFunctions::environmentGet, "The environment's variables, in the same form.");
        add("environ_sizes_get", types(I32, I32), SystemFunctions::environmentSizes, "How many variables there are, and the bytes of their texts.");
        add("clock_res_get", types(I32, I32), SystemFunctions::clockResolution, "The resolution of a clock: 1 nanosecond.");
        add("clock_time_get", types(I32, I64, I32), SystemFunctions::clockTime, "The time of a clock.");
        add("fd_advise", types(I32, I64, I64, I32), DescriptorFunctions::advise, "Advice on the use of a file; it is checked and has no effect.");
        add("fd_allocate", types(I32, I64, I64), DescriptorFunctions::allocate, "Makes a file at least so long.");
        add("fd_close", types(I32), DescriptorFunctions::close, "Closes a descriptor.");
        add("fd_datasync", types(I32), DescriptorFunctions::dataSync, "Writes a file's content to the disk, if there is one.");
        add("fd_fdstat_get", types(I32, I32), DescriptorFunctions::stat, "Type, flags and rights of a descriptor.");
        add("fd_fdstat_set_flags", types(I32, I32), DescriptorFunctions::setFlags, "Sets the flags of a descriptor; all but append have no effect.");
        add("fd_fdstat_set_rights", types(I32, I64, I64), DescriptorFunctions::setRights, "Takes rights away from a descriptor.");
        add("fd_filestat_get", types(I32, I32), DescriptorFunctions::filestat, "The attributes of what is open.");
        add("fd_filestat_set_size", types(I32, I64), DescriptorFunctions::setSize, "Cuts a file off, or extends it by zeros.");
        add("fd_filestat_set_times", types(I32, I64, I64, I32), DescriptorFunctions::setTimes, "Sets the times of what is open.");
        add("fd_pread", types(I32, I32, I32, I64, I32), DescriptorFunctions::pread, "Reads at a position.");
        add("fd_prestat_get", types(I32, I32), DescriptorFunctions::prestat, "The length of the path of a directory that was open from the beginning.");
        add("fd_prestat_dir_name", types(I32, I32, I32), DescriptorFunctions::prestatName, "The path of such a directory.");
        add("fd_pwrite", types(I32, I32, I32, I64, I32), DescriptorFunctions::pwrite, "Writes at a position.");
        add("fd_read", types(I32, I32, I32, I32), DescriptorFunctions::read, "Reads from a file or standard input.");
        add("fd_readdir", types(I32, I32, I32, I64, I32), DescriptorFunctions::readDirectory, "Lists a directory.");
        add("fd_renumber", types(I32, I32), DescriptorFunctions::renumber, "Moves a descriptor to the number of another, which is closed.");
        add("fd_seek", types(I32, I64, I32, I32), DescriptorFunctions::seek, "Sets the position of a file.");
        add("fd_sync", types(I32), DescriptorFunctions::sync, "Writes a file to the disk, if there is one.");
        add("fd_tell", types(I32, I32), DescriptorFunctions::tell, "The position of a file.");
        add("fd_write", types(I32, I32, I32, I32), DescriptorFunctions::write, "Writes to a file, standard output or standard error.");
        add("path_create_directory", types(I32, I32, I32), PathFunctions::createDirectory, "Makes a directory.");
        add("path_filestat_get", types(I32, I32, I32, I32, I32), PathFunctions::filestat, "The attributes of a file.");
        add("path_filestat_set_times", types(I32, I32, I32, I32, I64, I64, I32), PathFunctions::setTimes, "Sets the times of a file.");
        add("path_link", types(I32, I32, I32, I32, I32, I32, I32), PathFunctions::link, "Gives a file one more name.");
        add("path_open", types(I32, I32, I32, I32, I32, I64, I64, I32, I32), PathFunctions::open, "Opens a file or directory.");
        add("path_readlink", types(I32, I32, I32, I32, I32, I32), PathFunctions::readLink, "What a symbolic link holds.");
        add("path_remove_directory", types(I32, I32, I32), PathFunctions::removeDirectory, "Removes an empty directory.");
        add("path_rename", types(I32, I32, I32, I32, I32, I32), PathFunctions::rename, "Renames or moves a file or directory.");
        add("path_symlink", types(I32, I32, I32, I32, I32), PathFunctions::symlink, "Makes a symbolic link.");
        add("path_unlink_file", types(I32, I32, I32), PathFunctions::unlink, "Removes a name of a file.");
        add("poll_oneoff", types(I32, I32, I32, I32), SystemFunctions::poll, "Waits for clocks and descriptors.");
        add("proc_exit", types(I32), NONE, SystemFunctions::exit, "Ends the program with an exit code.");
        add("proc_raise", types(I32), SystemFunctions::raise, "Sends the program a signal: most end it with 128 and the signal's number.");
        add("random_get", types(I32, I32), SystemFunctions::random, "Random bytes.");
        add("sched_yield", types(), SystemFunctions::yieldProcessor, "Does nothing: there is nobody else.");
        add("sock_accept", types(I32, I32, I32), SystemFunctions::socket, "There are no sockets: NOTSOCK.");
        add("sock_recv", types(I32, I32, I32, I32, I32, I32), SystemFunctions::socket, "There are no sockets: NOTSOCK.");
        add("sock_send", types(I32, I32, I32, I32, I32), SystemFunctions::socket, "There are no sockets: NOTSOCK.");
        add("sock_shutdown", types(I32, I32), SystemFunctions::socket, "There are no sockets: NOTSOCK.");
    }
    // spotless:on

    /** All of them, in the order in which they are documented. */
    public static final List<HostFunction> FUNCTIONS =
            ENTRIES.values().stream().map(Entry::function).toList();

    private WasiPreview1() {}

    private static ValueType[] types(ValueType... types) {
        return types;
    }

    private static void add(String name, ValueType[] parameters, Implementation implementation, String documentation) {
        add(name, parameters, types(I32), implementation, documentation);
    }

    private static void add(
            String name,
            ValueType[] parameters,
            ValueType[] results,
            Implementation implementation,
            String documentation) {
        FunctionType type = new FunctionType(List.of(parameters), List.of(results));
        ENTRIES.put(name, new Entry(new HostFunction(MODULE, name, type, documentation), implementation));
    }

    static Optional<Entry> entry(String name) {
        return Optional.ofNullable(ENTRIES.get(name));
    }

    public static Optional<HostFunction> find(String module, String name) {
        return module.equals(MODULE) ? entry(name).map(Entry::function) : Optional.empty();
    }
}
