package io.migpool.deviceplugin.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How what containers left is removed, whatever they left. */
class ForeignTreeTest {

    /** A path of so many is longer than the kernel takes. */
    private static final int DEEP = 3_000;

    @TempDir
    Path root;

    @Test
    void filesLinksAndDirectoriesAreRemovedAndWhatLinksLeadToStays() throws Exception {
        Path elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("kept"), "");
        Path tree = Files.createDirectories(root.resolve("tree"));
        Files.createDirectories(tree.resolve("a/b/c"));
        Files.writeString(tree.resolve("a/b/file"), "");
        Files.createSymbolicLink(tree.resolve("a/way-out"), elsewhere);
        Files.createSymbolicLink(tree.resolve("way-out"), elsewhere);

        ForeignTree.remove(tree);

        assertThat(tree).doesNotExist();
        assertThat(elsewhere.resolve("kept")).exists();
        assertThatCode(() -> ForeignTree.remove(tree)).as("again").doesNotThrowAnyException();
    }

    @Test
    void aLinkInPlaceOfTheDirectoryIsRemovedItself() throws Exception {
        Path elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("kept"), "");
        Path tree = Files.createSymbolicLink(root.resolve("tree"), elsewhere);

        ForeignTree.remove(tree);

        assertThat(Files.isSymbolicLink(tree)).isFalse();
        assertThat(elsewhere.resolve("kept")).exists();
    }

    @Test
    void directoriesDeeperThanAnyPathCanSayAreRemoved() throws Exception {
        Path tree = Files.createDirectories(root.resolve("tree"));
        nest(tree, DEEP);

        ForeignTree.remove(tree);

        assertThat(tree).doesNotExist();
    }

    /** From the inside out, because no path reaches the innermost. */
    private void nest(Path tree, int depth) throws IOException {
        Path inner = Files.createDirectory(root.resolve("inner"));
        for (int i = 0; i < depth; i++) {
            Path outer = Files.createDirectory(root.resolve("outer"));
            Files.writeString(outer.resolve("file"), "");
            Files.move(inner, outer.resolve("d"));
            Files.move(outer, inner);
        }
        Files.move(inner, tree.resolve("d"));
    }

    @Test
    void aDirectoryThatIsExchangedForALinkAllTheTimeLeadsNobodyOut() throws Exception {
        Path elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        Path tree = root.resolve("tree");
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService container = Executors.newSingleThreadExecutor()) {
            Future<?> exchanging = container.submit(() -> exchange(tree, elsewhere, over));
            for (int i = 0; i < 300; i++) {
                Files.writeString(elsewhere.resolve("file"), "");
                Files.createDirectories(tree.resolve("d"));
                tryToWrite(tree.resolve("d/file"));
                try {
                    ForeignTree.remove(tree);
                } catch (IOException _) {
                    // It was filled meanwhile.
                }
                assertThat(elsewhere.resolve("file")).exists();
            }
            over.set(true);
            exchanging.get();
        }
    }

    private static void tryToWrite(Path file) {
        try (DirectoryStream<Path> parent = Files.newDirectoryStream(file.getParent())) {
            assertThat(parent).isInstanceOf(SecureDirectoryStream.class);
            Files.writeString(file, "");
        } catch (IOException _) {
            // It was exchanged meanwhile.
        }
    }

    private static void exchange(Path tree, Path elsewhere, AtomicBoolean over) {
        Path link = tree.resolve("link");
        while (!over.get()) {
            try {
                Files.createSymbolicLink(link, elsewhere);
                Files.move(tree.resolve("d"), tree.resolve("aside"));
                Files.move(link, tree.resolve("d"), StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
    }
}
