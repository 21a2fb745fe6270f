package io.migpool.deviceplugin.migmanager;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.migpool.runtime.file.AtomicFile;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * {@link ChangeJournal} in a file of the agent's state directory; replaced as a whole, and on disk before the
 * replacement.
 */
final class ChangeJournalFile implements ChangeJournal {

    private static final System.Logger LOG = System.getLogger(ChangeJournalFile.class.getName());
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final Path file;

    /** The file's form, which people may have to read. A file that an older build wrote lacks the latest entries,
     * and one of a newer build may have others, which this build cannot undo. */
    record Stored(
            String value,
            boolean clientsPaused,
            List<String> stoppedServices,
            boolean cordoned,
            String rebootedFrom,
            String layoutBefore,
            String askedInVain,
            boolean specificationDue,
            boolean clientsHaveFormer) {

        Stored {
            value = Objects.requireNonNullElse(value, "");
            stoppedServices = Objects.requireNonNullElse(stoppedServices, List.of());
            rebootedFrom = Objects.requireNonNullElse(rebootedFrom, "");
            layoutBefore = Objects.requireNonNullElse(layoutBefore, "");
            askedInVain = Objects.requireNonNullElse(askedInVain, "");
        }

        static Stored of(UnfinishedChange change) {
            return new Stored(
                    change.value(),
                    change.aside().clientsPaused(),
                    change.aside().stoppedServices(),
                    change.aside().cordoned(),
                    change.reboot().askedIn(),
                    change.layoutBefore(),
                    change.reboot().inVainIn(),
                    change.specification().due(),
                    change.specification().clientsHaveFormer());
        }

        UnfinishedChange change() {
            return new UnfinishedChange(
                    value,
                    new UnfinishedChange.SteppedAside(clientsPaused, stoppedServices, cordoned),
                    new UnfinishedChange.Reboot(rebootedFrom, askedInVain),
                    layoutBefore,
                    new UnfinishedChange.Specification(specificationDue, clientsHaveFormer));
        }
    }

    ChangeJournalFile(Path directory) {
        this.file = directory.resolve("mig-manager.json");
    }

    /** A file that cannot be read counts as empty: its contents are lost, and nothing is undone. */
    @Override
    public UnfinishedChange load() {
        try {
            return JSON.readValue(Files.readAllBytes(file), Stored.class).change();
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
            new AtomicFile(file).writeDurably(JSON.writeValueAsBytes(Stored.of(remembered)));
        } catch (IOException e) {
            throw new UnreachableException(
                    "cannot write %s (%s); make it writable for the node agent".formatted(file, e.getMessage()), e);
        }
    }
}
