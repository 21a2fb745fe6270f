package io.migpool.testbed.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.contracts.wire.Annotations;
import io.migpool.deviceplugin.kubelet.StartFailure;
import io.migpool.deviceplugin.node.GpuTrouble;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Links lead somewhere, and what is named exists. */
class DocumentationTest {

    private static final Path CONFIGURATION = Repository.ROOT.resolve("docs/configuration.md");
    private static final Path TROUBLESHOOTING = Repository.ROOT.resolve("docs/troubleshooting.md");

    /** A key as a whole: the start of a string, of a line of properties, or of {@code {@code …}}. */
    private static final Pattern KEY_IN_CODE =
            Pattern.compile("(?m)(?:\"|\\{@code |^)(migpool(?:\\.[a-z][a-z0-9-]*){2,})(?=[\"}=])");

    /** Strings that look like keys and are none: the domain, kubelet's name of our socket. */
    private static final Pattern NO_KEY = Pattern.compile("migpool\\.(io|sock)([.-].*)?");

    /** A word in CamelCase that is no kind and no figure. */
    private static final Pattern EVENT_REASON =
            Pattern.compile("\"(?!ConfigMap|DaemonSet|QuotaUsed|ReferenceEquality)((?:[A-Z][a-z]+){2,})\"");

    private static final Pattern LISTED_KEYS = Pattern.compile("List<String> KEYS = List\\.of\\(([^;]*)\\);");
    private static final Pattern KEY_CONSTANT = Pattern.compile("(?m)^ {4}[A-Z_]+\\(\\s*\"(\\w+)\"");

    static Stream<Path> documents() {
        return Repository.documents().stream();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyRelativeLinkLeadsSomewhere(Path document) {
        for (String link : Markdown.links(Repository.text(document))) {
            if (link.contains("://")) {
                continue;
            }
            String[] parts = link.split("#", 2);
            Path target = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]);
            assertThat(Files.exists(target))
                    .as("%s links to %s", document, link)
                    .isTrue();
            if (parts.length == 2) {
                assertThat(Markdown.anchors(Repository.text(target)))
                        .as("headings that %s may link to", document)
                        .contains(parts[1]);
            }
        }
    }

    @Test
    void everyDocumentIsFoundFromTheReadme() {
        List<String> links = Markdown.links(Repository.text(Repository.ROOT.resolve("README.md")));

        assertThat(links)
                .containsAll(Repository.files(Repository.ROOT.resolve("docs"), ".md").stream()
                        .map(file -> "docs/" + file.getFileName())
                        .toList());
    }

    @Test
    void theConfigurationReferenceHasExactlyTheKeysOfTheApplications() {
        Set<String> documented = Markdown.codeInFirstCells(Repository.text(CONFIGURATION)).stream()
                .filter(key -> key.startsWith("migpool."))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(documented).isEqualTo(keysInCode());
    }

    @Test
    void everyKeyThatProseNamesExists() {
        Pattern named = Pattern.compile("`(migpool(?:\\.[a-z][a-z0-9-]*)+)`");
        Set<String> inCode = keysInCode();

        for (Path document : Repository.documents()) {
            assertThat(inCode)
                    .as(document.toString())
                    .containsAll(named.matcher(Repository.text(document))
                            .results()
                            .map(match -> match.group(1))
                            .filter(key -> !NO_KEY.matcher(key).matches())
                            .toList());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "DeviceKey, device-config.yaml",
        "NodeSettingsBinder, config.json",
    })
    void theReferenceOfAConfigMapHasExactlyTheKeysThatAreRead(String file, String document) {
        String source =
                Repository.text(Repository.ROOT.resolve("mp-config/src/main/java/io/migpool/config/" + file + ".java"));
        Set<String> read = Stream.concat(
                        LISTED_KEYS
                                .matcher(source)
                                .results()
                                .flatMap(list -> Arrays.stream(list.group(1).split(",", -1)))
                                .map(key -> key.strip().replace("\"", "")),
                        KEY_CONSTANT.matcher(source).results().map(constant -> constant.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(read).isNotEmpty();

        String section = Markdown.section(Repository.text(CONFIGURATION), document);
        assertThat(new TreeSet<>(Markdown.codeInFirstCells(section))).isEqualTo(read);
    }

    @Test
    void everyVariableBelongsToItsKey() {
        String section = Markdown.section(Repository.text(CONFIGURATION), "Environment variables");
        List<String[]> rows = section.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.replace("`", "").split("\\s*\\|\\s*", -1))
                .toList();

        assertThat(rows).isNotEmpty().allSatisfy(cells -> assertThat(cells[1])
                .isEqualTo(cells[2].replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT)));
    }

    @Test
    void everyEventReasonAndMetricOfTheTroubleshootingPageIsInTheCode() {
        // A counter is served under its name with this ending.
        String code = String.join("\n", Repository.applicationSources())
                .replaceAll("(Counter\\.builder\\(\\s*\"\\w+)\"", "$1_total\"");
        List<String> reasons = Markdown.codeInFirstCells(Repository.text(TROUBLESHOOTING)).stream()
                .filter(cell -> cell.matches("([A-Z][a-z]+){2,}|migpool_[a-z_]+"))
                .toList();

        assertThat(reasons).hasSizeGreaterThan(20).allSatisfy(reason -> assertThat(code)
                .contains("\"" + reason + "\""));
    }

    @Test
    void everyEventReasonOfTheCodeIsDocumented() {
        String pages = String.join(
                "\n", Repository.documents().stream().map(Repository::text).toList());

        Stream<String> reasons = Stream.of(
                        Arrays.stream(StartFailure.values()).map(StartFailure::reason),
                        Arrays.stream(GpuTrouble.values()).map(GpuTrouble::reason),
                        Repository.eventSources().stream()
                                .flatMap(source -> EVENT_REASON.matcher(source).results())
                                .map(reason -> reason.group(1)))
                .flatMap(reason -> reason);

        assertThat(reasons).hasSizeGreaterThan(30).allSatisfy(reason -> assertThat(pages)
                .contains("`" + reason + "`"));
    }

    /** Accounts other than the node's agent may only remove all of them together. */
    @ParameterizedTest
    @ValueSource(strings = {"docs/install.md", "docs/operations.md", "manifests/components/monitoring/alerts.yaml"})
    void whereANodeLeavesThePoolAllThatDescribesItIsRemoved(String file) {
        assertThat(Repository.text(Repository.ROOT.resolve(file)))
                .contains(Annotations.RESERVED_ON_NODES.stream()
                        .map(key -> key + "-")
                        .toList());
    }

    @Test
    void everyAlertIsOnThePageAboutObservingAndTheOtherWayRound() {
        Pattern alert = Pattern.compile("alert: (MigPool\\w+)");
        String rules = Repository.text(Repository.ROOT.resolve("manifests/components/monitoring/alerts.yaml"));
        String page = Repository.text(Repository.ROOT.resolve("docs/observing.md"));

        assertThat(Markdown.codeInFirstCells(Markdown.section(page, "Monitoring")))
                .containsExactlyInAnyOrderElementsOf(alert.matcher(rules)
                        .results()
                        .map(rule -> rule.group(1))
                        .toList());
    }

    @Test
    void everySentenceOfTheTroubleshootingPageIsSaidByTheCode() {
        // Sentences are split over source lines; compare without what formatting adds.
        String code = String.join("\n", Repository.applicationSources()).replaceAll("\"\\s*\\+\\s*\"", "");
        String page = Repository.text(TROUBLESHOOTING);
        List<String> sentences = Stream.of("refuses the pod", "stays Pending")
                .flatMap(heading -> Markdown.codeInFirstCells(Markdown.section(page, heading)).stream())
                .filter(sentence -> !sentence.equals("failed calling webhook"))
                .flatMap(sentence -> Arrays.stream(sentence.split("…", -1)))
                .map(String::strip)
                .filter(part -> part.length() > 4)
                .toList();

        assertThat(sentences).hasSizeGreaterThan(20).allSatisfy(part -> assertThat(code)
                .contains(part));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "api-contracts",
                "mp-config",
                "extender-app",
                "admission-app",
                "deviceplugin-app",
                "testbed-apiserver",
                "testbed"
            })
    void theArchitecturePageHasThePackagesOfEachModule(String module) {
        String page = Repository.text(Repository.ROOT.resolve("docs/architecture.md"));
        Path sources = Repository.ROOT.resolve(module).resolve("src/main/java/io/migpool");
        Set<String> packages = Repository.files(sources, "package-info.java").stream()
                .map(sources::relativize)
                .filter(file -> file.getNameCount() > 2)
                .map(file -> file.getName(1).toString())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(packages).isNotEmpty();
        assertThat(new TreeSet<>(Markdown.codeInFirstCells(Markdown.section(page, "`" + module + "`"))))
                .isEqualTo(packages);
    }

    @Test
    void theClassesToReadFirstExist() {
        String page = Repository.text(Repository.ROOT.resolve("docs/architecture.md"));
        String readingOrder = Markdown.section(page, "Where things are").split("### ", 2)[0];
        List<String> named = Pattern.compile("`([A-Z]\\w+)`")
                .matcher(readingOrder)
                .results()
                .map(match -> match.group(1) + ".java")
                .toList();

        assertThat(named).hasSizeGreaterThan(4);
        assertThat(Stream.of("extender-app", "deviceplugin-app")
                        .flatMap(app ->
                                Repository.files(Repository.ROOT.resolve(app).resolve("src/main"), ".java").stream())
                        .map(file -> String.valueOf(file.getFileName())))
                .containsAll(named);
    }

    private static Set<String> keysInCode() {
        return Repository.applicationSources().stream()
                .flatMap(source -> KEY_IN_CODE.matcher(source).results())
                .map(match -> match.group(1))
                .filter(key -> !NO_KEY.matcher(key).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
