package io.migpool.deviceplugin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands that run as root do to the file that they are given. */
class WrittenFilesTest extends CommandsOnAMachine {

    @Test
    void aFileIsWrittenWhereALinkPointsAndTheLinkStays() throws Exception {
        Path file = Files.writeString(directory.resolve("managed.yaml"), "before");
        Path link = Files.createSymbolicLink(directory.resolve("link.yaml"), file);
        Path nothing = Files.createSymbolicLink(directory.resolve("nothing.yaml"), Path.of("/dev/null"));

        assertThat(run("generate-config", "-f", link.toString()).code()).isZero();
        assertThat(run("checkpoint", "-f", nothing.toString()).code()).isZero();

        assertThat(link).isSymbolicLink();
        assertThat(file).content().contains("all-1g.10gb");
        assertThat(nothing).isSymbolicLink();
    }

    @Test
    void whatIsNoFileIsNotReplacedByOne() throws Exception {
        Path socket = directory.resolve("socket");
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(UnixDomainSocketAddress.of(socket));

            Answer refused = run("checkpoint", "-f", socket.toString());

            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("cannot write " + socket);
            assertThat(Files.isRegularFile(socket)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-", "/dev/stdout"})
    void whatIsWrittenToStandardOutputIsAloneThere(String name) throws Exception {
        apply("mixed");

        Answer written = run("checkpoint", "-f", name);
        apply("small");

        assertThat(runIn(Map.of(), written.out(), "restore", "-f", "-").code()).isZero();
        assertThat(assertThatIs("mixed").code()).isZero();
        assertThat(run("generate-config", "-f", name).out())
                .isEqualTo(run("generate-config").out());
    }
}
