package io.migpool.deviceplugin.migmanager;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.ConfigMaps;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the services of the host that use GPUs from the {@code clients.yaml} of the GPU Operator. */
final class ClientsFile {

    /** The key of a ConfigMap. */
    static final String KEY = "clients.yaml";

    /** The list where none is given. */
    static final List<String> USUAL = List.of(
            "nvsm.service",
            "nvsm-mqtt.service",
            "nvsm-core.service",
            "nvsm-api-gateway.service",
            "nvsm-notifier.service",
            "nv_peer_mem.service",
            "nvidia-dcgm.service",
            "dcgm.service",
            "dcgm-exporter.service");

    private static final Set<String> RUN_US = Set.of(
            "kubelet.service",
            "k3s.service",
            "k3s-agent.service",
            "rke2-server.service",
            "rke2-agent.service",
            "snap.microk8s.daemon-kubelite.service",
            "containerd.service",
            "crio.service",
            "docker.service");

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private ClientsFile() {}

    private record Document(
            @Nullable String version,
            @JsonProperty("systemd-services") @Nullable List<String> services) {}

    /** Reads the services from a file. */
    static HostServices.ServiceList in(Path file) {
        return () -> {
            try {
                return read(file.toString(), Files.readString(file));
            } catch (IOException e) {
                throw new UnreachableException("cannot read %s: %s".formatted(file, e), e);
            }
        };
    }

    /** Reads the services from a ConfigMap; the usual ones while it does not exist. */
    static HostServices.ServiceList in(String name, ConfigMaps.Watched configMap) {
        return () -> {
            try {
                Optional<String> text = configMap.data().map(data -> data.getOrDefault(KEY, ""));
                return text.isPresent() ? read("ConfigMap " + name + ", key " + KEY, text.get()) : USUAL;
            } catch (ClusterException e) {
                throw new UnreachableException(e);
            }
        };
    }

    /**
     * Rejects services under which the agent itself runs: stopped, they would end it before it could start them again;
     * and kubelet has to report which pod has which device.
     */
    private static void requireWithoutUs(String where, List<String> services) throws MigSpecException {
        for (String service : services) {
            if (RUN_US.contains(service)) {
                throw new MigSpecException(
                        "%s names %s, under which the node agent itself runs; remove it, it uses no GPU"
                                .formatted(where, service));
            }
        }
    }

    static List<String> read(String where, String text) throws MigSpecException {
        try {
            Document document = text.isBlank() ? new Document("", List.of()) : YAML.readValue(text, Document.class);
            if (document != null && "v1".equals(document.version())) {
                List<String> services = Optional.ofNullable(document.services()).orElse(List.of());
                requireWithoutUs(where, services);
                return services;
            }
        } catch (JsonProcessingException e) {
            throw new MigSpecException("%s is malformed: %s"
                    .formatted(where, e.getOriginalMessage().lines().findFirst().orElse("")));
        }
        throw new MigSpecException(
                where + " lacks 'version: v1'; write it, and a list of units under 'systemd-services'");
    }
}
