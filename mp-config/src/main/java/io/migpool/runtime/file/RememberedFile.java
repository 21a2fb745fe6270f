package io.migpool.runtime.file;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A value that an application keeps for its next start: JSON of the form {@code {"version":1,"value":{…}}}, replaced as
 * a whole. What cannot be read, or was written by a release that knew another form of the value, counts as missing, so
 * the application must be able to do without. Only one may write at a time.
 *
 * @param <T> a record
 */
public final class RememberedFile<T> {

    private static final System.Logger LOG = System.getLogger(RememberedFile.class.getName());

    private static final int VERSION = 1;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Path file;
    private final JavaType type;
    private final String otherwise;

    private record Content<V>(int version, V value) {}

    /**
     * @param file the file; its directory is created with the first write
     * @param type the value's type
     * @param otherwise what happens at a start without it, for the log: "until …, nothing is registered"
     */
    public RememberedFile(Path file, Class<T> type, String otherwise) {
        this.file = file;
        this.type = JSON.getTypeFactory().constructParametricType(Content.class, type);
        this.otherwise = otherwise;
    }

    /** Returns the value saved last; empty if there is none that can be read. */
    public Optional<T> load() {
        try {
            Content<T> content = JSON.readValue(Files.readAllBytes(file), type);
            if (content != null && content.version() == VERSION) {
                return Optional.of(content.value());
            }
            LOG.log(Level.WARNING, "{0} is not of version {1}; {2}", file, VERSION, otherwise);
        } catch (NoSuchFileException e) {
            LOG.log(Level.DEBUG, "{0} does not exist yet", e.getFile());
        } catch (IOException e) {
            LOG.log(Level.WARNING, file + " cannot be read; " + otherwise, e);
        }
        return Optional.empty();
    }

    /** Saves a value. A failure is only logged, because the value is needed only after a restart. */
    public void save(T value) {
        try {
            new AtomicFile(file).writeDurably(JSON.writeValueAsBytes(new Content<>(VERSION, value)));
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "%s cannot be written; make the directory writable, or after a restart %s"
                            .formatted(file, otherwise),
                    e);
        }
    }
}
