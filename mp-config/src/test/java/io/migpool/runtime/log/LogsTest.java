package io.migpool.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.helidon.config.mp.MpConfigSources;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigProviderResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Log lines end to end: through the platform's logger, a root handler, and the configured format. */
class LogsTest {

    private static final System.Logger LOG = System.getLogger("io.migpool.runtime.log.LogsTest");
    private static final Decision BIND = new Decision("bind", "team-a", "web-0", "node-a");

    private final Logger root = LogManager.getLogManager().getLogger("");
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final StreamHandler handler = new StreamHandler(written, new SimpleFormatter());
    private final Logs logs = new Logs(LogManager.getLogManager());

    @BeforeEach
    void listen() {
        root.addHandler(handler);
    }

    @AfterEach
    void leaveItAsItWas() {
        root.removeHandler(handler);
        Logger.getLogger("io.migpool").setLevel(Level.INFO);
        System.clearProperty("io.helidon.logging.config.disabled");
    }

    @Test
    void aDecisionBecomesFieldsOfOneJsonObjectALine() throws Exception {
        logs.apply(config(Map.of("migpool.log.format", "json")));
        LOG.log(System.Logger.Level.INFO, "bound to {0}: {1} ({2})", "node-a", "1g.10gb \"at\"\n2:1", BIND);
        LOG.log(System.Logger.Level.WARNING, "no pod here");

        List<String> lines = written().lines().toList();
        assertThat(lines).hasSize(2);
        JsonNode line = JsonMapper.builder().build().readTree(lines.getFirst());
        assertThat(line.get("decision").asText()).isEqualTo("bind");
        assertThat(line.get("namespace").asText()).isEqualTo("team-a");
        assertThat(line.get("pod").asText()).isEqualTo("web-0");
        assertThat(line.get("node").asText()).isEqualTo("node-a");
        assertThat(line.get("level").asText()).isEqualTo("INFO");
        assertThat(line.get("logger").asText()).isEqualTo("io.migpool.runtime.log.LogsTest");
        assertThat(line.get("message").asText())
                .isEqualTo("bound to node-a: 1g.10gb \"at\"\n2:1 "
                        + "(decision=bind namespace=team-a pod=web-0 node=node-a)");
        assertThat(line.get("time").asText()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d.*Z");
        assertThat(lines.getLast()).contains("\"level\":\"WARNING\"").doesNotContain("\"pod\"");
    }

    @Test
    void aFailureKeepsItsStack() {
        LogRecord line = new LogRecord(Level.SEVERE, "broken");
        line.setThrown(new IllegalStateException("because"));
        assertThat(new JsonLines().format(line))
                .contains("\"exception\":\"java.lang.IllegalStateException: because\\n\\tat ")
                .endsWith("}\n");
    }

    @Test
    void asTextTheFieldsStandInTheMessage() {
        logs.apply(config(Map.of()));
        LOG.log(System.Logger.Level.INFO, "no room ({0})", new Decision("refuse", "default", "web", ""));

        assertThat(written()).contains("no room (decision=refuse namespace=default pod=web)");
    }

    @Test
    void theLevelDecidesWhatIsWritten() {
        logs.apply(config(Map.of("migpool.log.level", "WARNING")));
        LOG.log(System.Logger.Level.INFO, "chatter");
        assertThat(written()).isEmpty();

        logs.apply(config(Map.of("migpool.log.level", "FINE")));
        LOG.log(System.Logger.Level.DEBUG, "every step");
        assertThat(written()).contains("every step");
    }

    @Test
    void anotherWordIsRefusedWithWhatWouldBeRight() {
        assertThatThrownBy(() -> logs.apply(config(Map.of("migpool.log.format", "xml"))))
                .hasMessage("migpool.log.format is 'xml'; expected text or json");
        assertThatThrownBy(() -> logs.apply(config(Map.of("migpool.log.level", "LOUD"))))
                .hasMessageStartingWith("migpool.log.level is 'LOUD'; expected one of [SEVERE, WARNING,");
    }

    private String written() {
        handler.flush();
        return written.toString(StandardCharsets.UTF_8);
    }

    private static Config config(Map<String, String> properties) {
        return ConfigProviderResolver.instance()
                .getBuilder()
                .withSources(MpConfigSources.create(properties))
                .build();
    }
}
