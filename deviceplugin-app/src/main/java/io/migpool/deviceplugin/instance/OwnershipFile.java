package io.migpool.deviceplugin.instance;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The ownership on disk. Written to a draft, which takes the place of the old file, so that a crash of the agent leaves
 * either the old or the new one. The old file is removed first: ext4 writes a file to the disk that replaces another,
 * and a starting container would wait for that. A crash in between leaves the draft, which is whole by then.
 *
 * <p>Writes do not wait for the disk, because the instances do not survive a crash of the machine either. After a power
 * cut the file may be torn, which its checksum reveals, or old, which its boot id reveals; {@link #force} makes that
 * rare.
 */
public final class OwnershipFile {

    private static final System.Logger LOG = System.getLogger(OwnershipFile.class.getName());
    private static final String NAME = "ownership.json";

    private final Path path;
    private final Path draft;

    /** @param directory directory of the file; created if missing */
    public OwnershipFile(Path directory) {
        this.path = directory.resolve(NAME);
        this.draft = directory.resolve(NAME + ".tmp");
    }

    /**
     * Returns what was saved last. A torn or edited file is renamed to {@code ownership.json.corrupt} and counts as
     * missing: the instances of live pods are then recognised by the pods' annotations, and all others are treated as
     * foreign.
     *
     * @throws IOException if the file exists but cannot be read
     */
    Optional<Ownership> load() throws IOException {
        try {
            return Optional.of(read(path));
        } catch (NoSuchFileException absent) {
            return draft();
        } catch (CharacterCodingException binary) {
            return setAside("it is not valid UTF-8: " + binary.getMessage());
        } catch (CorruptOwnershipException e) {
            return setAside(String.valueOf(e.getMessage()));
        }
    }

    /** Returns the draft, unless a crash tore it: then it is the first, and nothing was owned before. */
    private Optional<Ownership> draft() throws IOException {
        try {
            Ownership saved = read(draft);
            // The next save would overwrite the only copy.
            Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
            return Optional.of(saved);
        } catch (NoSuchFileException absent) {
            LOG.log(Level.DEBUG, "{0} does not exist yet", path);
        } catch (CharacterCodingException | CorruptOwnershipException e) {
            LOG.log(Level.WARNING, "{0} does not exist, and {1} is torn: {2}", path, draft, e.getMessage());
        }
        return Optional.empty();
    }

    private static Ownership read(Path file) throws IOException, CorruptOwnershipException {
        return OwnershipCodec.decode(Files.readString(file));
    }

    private Optional<Ownership> setAside(String problem) throws IOException {
        Path aside = path.resolveSibling(NAME + ".corrupt");
        Files.move(path, aside, StandardCopyOption.REPLACE_EXISTING);
        LOG.log(
                Level.ERROR,
                "{0} is corrupt ({1}) and was moved to {2}; instances are recognised by the pods'' annotations,"
                        + " idle ones are left alone as foreign: destroy those by hand to free their space",
                path,
                problem,
                aside);
        return Optional.empty();
    }

    void save(Ownership ownership) throws IOException {
        Files.createDirectories(path.toAbsolutePath().getParent());
        ByteBuffer text = StandardCharsets.UTF_8.encode(OwnershipCodec.encode(ownership));
        try (FileChannel channel = FileChannel.open(
                draft, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            while (text.hasRemaining()) {
                channel.write(text);
            }
        }
        Files.deleteIfExists(path);
        Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Waits until what was saved last is on the disk. */
    void force() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
