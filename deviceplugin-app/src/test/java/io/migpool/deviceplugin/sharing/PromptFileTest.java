package io.migpool.deviceplugin.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import io.migpool.deviceplugin.instance.ClaimedDevice;
import io.migpool.deviceplugin.instance.ContainerClaim;
import io.migpool.deviceplugin.instance.PodClaim;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No process of a container makes the node agent wait for it. */
class PromptFileTest {

    private static final Duration MUCH_LESS_THAN_A_LEASE_LASTS = Duration.ofSeconds(20);
    private static final int READ_AND_WRITE = 2;
    private static final int SET_SIGNAL = 10;
    private static final int IGNORED_SIGNAL = 23;
    private static final int SET_LEASE = 1024;
    private static final int FOR_WRITING = 1;

    @TempDir
    Path directory;

    /** What a process of a container calls. */
    interface Fcntl extends Library {

        int open(String path, int flags, Object... mode) throws LastErrorException;

        int fcntl(int descriptor, int command, Object... argument) throws LastErrorException;

        int close(int descriptor) throws LastErrorException;
    }

    private static final Fcntl LIBC = Native.load(Fcntl.class);

    @Test
    void anOpenedFileIsReadAndWritten() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "abc");

        try (FileChannel channel = PromptFile.open(file)) {
            channel.write(ByteBuffer.wrap(new byte[] {'x'}), 1);
        }

        assertThat(file).hasContent("axc");
    }

    @Test
    void aFileThatCannotBeOpenedIsNamed() {
        Path missing = directory.resolve("missing");

        assertThatThrownBy(() -> PromptFile.open(missing).close())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(missing.toString())
                .hasMessageContaining("No such file");
    }

    @Test
    void aRegionOnWhichAContainerHasALeaseIsNotWaitedFor() throws Exception {
        ContainerClaim main =
                new ContainerClaim("main", 0, false, true, List.of(new ClaimedDevice.Shared("GPU-a", 3000, 30)));
        PodClaim pod = new PodClaim("uid-llm", "default", "llm", List.of(main));
        SharingDirectories directories = SharingDirectories.under(directory);
        SharedRegions regions = new SharedRegions(directories);
        Path file = RegionImage.version1()
                .gpus("GPU-a")
                .writeTo(directories.of(pod, main).resolve(SharingDirectories.sharedFile(pod, main)));
        int leased = LIBC.open(file.toString(), READ_AND_WRITE);
        try {
            LIBC.fcntl(leased, SET_SIGNAL, IGNORED_SIGNAL);
            Assumptions.assumeTrue(isLeased(leased), "use a file system with leases for temporary files");

            assertThat(assertTimeoutPreemptively(MUCH_LESS_THAN_A_LEASE_LASTS, () -> regions.read(pod, main)))
                    .isEmpty();
        } finally {
            LIBC.close(leased);
        }

        assertThat(regions.read(pod, main)).isPresent();
    }

    private static boolean isLeased(int descriptor) {
        try {
            return LIBC.fcntl(descriptor, SET_LEASE, FOR_WRITING) == 0;
        } catch (LastErrorException e) {
            return false;
        }
    }
}
