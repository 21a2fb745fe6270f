package io.migpool.deviceplugin.sharing;

import io.migpool.deviceplugin.sharing.SharedRegion.Use;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The file through which the processes of one container share their usage, and the node makes them wait. Its layout is
 * that of HAMi-core, {@code src/multiprocess/multiprocess_memory_limit.h}, with and without a version.
 *
 * <p>The container can write to its directory. Fields are read individually, because a file that is truncated while the
 * JVM has it mapped would crash the JVM. Counts are bounded, and impossible values count as zero.
 */
final class SharedRegionFile implements AutoCloseable {

    private static final int MAGIC = 19_920_718;
    private static final int HEADER = 16;
    private static final int MOST_DEVICES = 16;
    private static final int MOST_PROCESSES = 1024;
    private static final int UUID_BYTES = 96;
    private static final int LONGS = Long.BYTES * MOST_DEVICES;
    private static final long MOST = 1L << 50;

    /**
     * Offsets after the processes: their number, the switch, the kernels, a priority that is not believed, and since
     * version 1 the time.
     */
    private static final int SWITCH = Integer.BYTES;

    private static final int KERNEL = 2 * Integer.BYTES;
    private static final int KERNEL_TIME = 4 * Integer.BYTES;

    /**
     * Layout of the file.
     *
     * @param count offset of the number of devices; their names, limits and the processes follow
     * @param memoryStride bytes for the memory of one device in a process
     * @param utilStride bytes for the utilisation of one device in a process
     * @param process bytes of one process
     * @param timed whether the time of the last kernel is recorded
     */
    private record Layout(int count, int memoryStride, int utilStride, int process, boolean timed) {

        static final Layout UNVERSIONED = new Layout(48, 40, 24, 1168, false);
        static final Layout VERSION_1 = new Layout(56, 64, 48, 1960, true);

        int uuids() {
            return count + Long.BYTES;
        }

        int limits() {
            return uuids() + UUID_BYTES * MOST_DEVICES;
        }

        int processes() {
            return limits() + 2 * LONGS;
        }

        int memory(int device) {
            return 2 * Integer.BYTES + device * memoryStride;
        }

        int smUtil(int device) {
            return memory(MOST_DEVICES) + LONGS + device * utilStride + 2 * Long.BYTES;
        }

        int tail() {
            return processes() + MOST_PROCESSES * process;
        }

        int tailBytes() {
            return KERNEL_TIME + (timed ? Long.BYTES : 0);
        }
    }

    private final FileChannel channel;
    private final Layout layout;

    private SharedRegionFile(FileChannel channel, Layout layout) {
        this.channel = channel;
        this.layout = layout;
    }

    /**
     * Opens it; empty while no process of the container has initialised it.
     *
     * @param file a path at which no other process can replace the file
     * @throws IOException if it is not a regular file, or not one of hami-core's
     */
    static Optional<SharedRegionFile> open(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(file + " is not a regular file");
        }
        FileChannel channel = PromptFile.open(file);
        try {
            Optional<SharedRegionFile> opened =
                    layout(channel, file).map(layout -> new SharedRegionFile(channel, layout));
            if (opened.isEmpty()) {
                channel.close();
            }
            return opened;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static Optional<Layout> layout(FileChannel channel, Path file) throws IOException {
        long size = channel.size();
        if (size < HEADER) {
            return Optional.empty();
        }
        ByteBuffer header = read(channel, 0, HEADER);
        int flag = header.getInt(0);
        if (flag == 0) {
            return Optional.empty();
        }
        // The file is one byte longer than its content. Without a version, the field of the major version is a flag.
        boolean unversioned = size == Layout.UNVERSIONED.tail() + Layout.UNVERSIONED.tailBytes() + 1;
        if (flag == MAGIC && unversioned) {
            return Optional.of(Layout.UNVERSIONED);
        }
        if (flag == MAGIC
                && header.getInt(Integer.BYTES) == 1
                && size >= Layout.VERSION_1.tail() + Layout.VERSION_1.tailBytes()) {
            return Optional.of(Layout.VERSION_1);
        }
        throw new IOException(
                "%s begins with %d, %d, %d and has %d bytes; expected what hami-core writes: %d, then a version 1.x"
                        .formatted(
                                file,
                                flag,
                                header.getInt(Integer.BYTES),
                                header.getInt(2 * Integer.BYTES),
                                size,
                                MAGIC));
    }

    /**
     * Reads it, while others keep writing.
     *
     * @throws IOException if it has become too short
     */
    SharedRegion read() throws IOException {
        ByteBuffer head = read(channel, 0, layout.processes());
        ByteBuffer tail = read(channel, layout.tail(), layout.tailBytes());
        int count = (int) Math.clamp(head.getLong(layout.count()), 0, MOST_DEVICES);
        Use[] used = used(count, Math.clamp(tail.getInt(0), 0, MOST_PROCESSES));
        List<SharedRegion.Device> devices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            devices.add(new SharedRegion.Device(
                    text(head, layout.uuids() + i * UUID_BYTES),
                    sane(head.getLong(layout.limits() + i * Long.BYTES)),
                    used[i]));
        }
        long launched = layout.timed() ? sane(tail.getLong(KERNEL_TIME)) : 0;
        return new SharedRegion(devices, launched > 0 ? OptionalLong.of(launched) : OptionalLong.empty());
    }

    /**
     * Reads the data for turn-taking, without that of the processes.
     *
     * @throws IOException if it has become too short
     */
    SharedRegion.Turn turn() throws IOException {
        ByteBuffer tail = read(channel, layout.tail(), layout.tailBytes());
        return new SharedRegion.Turn(tail.getInt(KERNEL), tail.getInt(SWITCH));
    }

    private Use[] used(int devices, int processes) throws IOException {
        Use[] used = new Use[devices];
        Arrays.fill(used, Use.NONE);
        for (int p = 0; p < processes; p++) {
            ByteBuffer process = read(channel, layout.processes() + (long) p * layout.process(), layout.process());
            boolean vacant = process.getInt(0) == 0;
            for (int i = 0; i < devices && !vacant; i++) {
                used[i] = used[i].plus(use(process, layout.memory(i), layout.smUtil(i)));
            }
        }
        return used;
    }

    private static Use use(ByteBuffer process, int memory, int smUtil) {
        return new Use(
                sane(process.getLong(memory)),
                sane(process.getLong(memory + Long.BYTES)),
                sane(process.getLong(memory + 2 * Long.BYTES)),
                sane(process.getLong(memory + 3 * Long.BYTES)),
                sane(process.getLong(memory + 4 * Long.BYTES)),
                sane(process.getLong(smUtil)));
    }

    private static long sane(long value) {
        return value < 0 || value > MOST ? 0 : value;
    }

    private static String text(ByteBuffer bytes, int at) {
        int length = 0;
        while (length < UUID_BYTES && bytes.get(at + length) != 0) {
            length++;
        }
        byte[] text = new byte[length];
        bytes.get(at, text);
        return new String(text, StandardCharsets.US_ASCII);
    }

    /** Lets the processes launch kernels (0 or more), or makes them wait (negative). */
    void setRecentKernel(int value) throws IOException {
        write(layout.tail() + KERNEL, value);
    }

    /** Limits the compute of the processes to the container's share (1), or lifts the limit (0). */
    void setUtilizationSwitch(int value) throws IOException {
        write(layout.tail() + SWITCH, value);
    }

    private void write(long position, int value) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder());
        bytes.putInt(0, value);
        while (bytes.hasRemaining()) {
            channel.write(bytes, position + bytes.position());
        }
    }

    private static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.nativeOrder());
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new EOFException("the file ends before byte " + (position + length));
            }
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
