package io.migpool.deviceplugin.migmanager;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.runtime.file.AtomicFile;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * {@link ChangeJournal} in a file of the agent's state directory; replaced as a whole, and on disk before the
 * replacement.
 */
final class ChangeJournalFile implements ChangeJournal {

    private static final System.Logger LOG = System.getLogger(ChangeJournalFile.class.getName());
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;

    ChangeJournalFile(Path directory) {
        this.file = directory.resolve("mig-manager.json");
    }

    /** A file that cannot be read counts as empty: its contents are lost, and nothing is undone. */
    @Override
    public UnfinishedChange load() {
        try {
            return JSON.readValue(Files.readAllBytes(file), UnfinishedChange.class);
        } catch (NoSuchFileException e) {
            return UnfinishedChange.NOTHING;
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be read; services that it named stay stopped", e);
            return UnfinishedChange.NOTHING;
        }
    }

    @Override
    public void save(UnfinishedChange remembered) throws UnreachableException {
        if (remembered.equals(load())) {
            return;
        }
        try {
            new AtomicFile(file).writeDurably(JSON.writeValueAsBytes(remembered));
        } catch (IOException e) {
            throw new UnreachableException(
                    "cannot write %s (%s); make it writable for the node agent".formatted(file, e.getMessage()), e);
        }
    }
}
