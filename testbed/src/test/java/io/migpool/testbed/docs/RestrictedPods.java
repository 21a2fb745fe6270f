package io.migpool.testbed.docs;

import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SeccompProfile;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The restricted Pod Security Standard, and read-only file systems beside it. */
final class RestrictedPods {

    private static final Set<String> SECCOMP = Set.of("RuntimeDefault", "Localhost");
    private static final String ADDABLE = "NET_BIND_SERVICE";

    private RestrictedPods() {}

    /** What a pod has that the standard does not allow, or lacks that it demands. */
    static List<String> offences(PodSpec pod) {
        List<String> offences = new ArrayList<>();
        PodSecurityContext whole = Objects.requireNonNullElseGet(pod.getSecurityContext(), PodSecurityContext::new);
        note(offences, Boolean.TRUE.equals(pod.getHostNetwork()), "hostNetwork");
        note(offences, Boolean.TRUE.equals(pod.getHostPID()), "hostPID");
        note(offences, Boolean.TRUE.equals(pod.getHostIPC()), "hostIPC");
        note(offences, isRoot(whole.getRunAsUser()), "runAsUser");
        note(offences, !whole.getSysctls().isEmpty(), "sysctls");
        note(offences, whole.getSeLinuxOptions() != null, "seLinuxOptions");
        note(offences, whole.getWindowsOptions() != null, "windowsOptions");
        pod.getVolumes().stream()
                .filter(volume -> !isAllowed(volume))
                .forEach(volume -> offences.add("volume " + volume.getName()));
        Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                .forEach(container -> offences.addAll(offences(container, whole)));
        return offences;
    }

    private static List<String> offences(Container container, PodSecurityContext pod) {
        List<String> offences = new ArrayList<>();
        SecurityContext own = Objects.requireNonNullElseGet(container.getSecurityContext(), SecurityContext::new);
        Capabilities capabilities = Objects.requireNonNullElseGet(own.getCapabilities(), Capabilities::new);
        note(offences, Boolean.TRUE.equals(own.getPrivileged()), "privileged");
        note(offences, !Boolean.FALSE.equals(own.getAllowPrivilegeEscalation()), "allowPrivilegeEscalation");
        note(offences, !Boolean.TRUE.equals(own.getReadOnlyRootFilesystem()), "readOnlyRootFilesystem");
        note(offences, !capabilities.getDrop().contains("ALL"), "capabilities.drop");
        note(offences, !List.of(ADDABLE).containsAll(capabilities.getAdd()), "capabilities.add");
        note(offences, !Boolean.TRUE.equals(either(own.getRunAsNonRoot(), pod.getRunAsNonRoot())), "runAsNonRoot");
        note(offences, isRoot(own.getRunAsUser()), "runAsUser");
        note(
                offences,
                Optional.ofNullable(either(own.getSeccompProfile(), pod.getSeccompProfile()))
                        .map(SeccompProfile::getType)
                        .filter(SECCOMP::contains)
                        .isEmpty(),
                "seccompProfile");
        note(offences, own.getProcMount() != null, "procMount");
        note(offences, own.getSeLinuxOptions() != null, "seLinuxOptions");
        note(offences, own.getWindowsOptions() != null, "windowsOptions");
        note(
                offences,
                container.getPorts().stream().anyMatch(port -> port.getHostPort() != null && port.getHostPort() != 0),
                "hostPort");
        return offences.stream()
                .map(offence -> container.getName() + " " + offence)
                .toList();
    }

    private static boolean isAllowed(Volume volume) {
        return Stream.of(
                        volume.getConfigMap(),
                        volume.getCsi(),
                        volume.getDownwardAPI(),
                        volume.getEmptyDir(),
                        volume.getEphemeral(),
                        volume.getPersistentVolumeClaim(),
                        volume.getProjected(),
                        volume.getSecret())
                .anyMatch(Objects::nonNull);
    }

    private static boolean isRoot(@Nullable Long user) {
        return user != null && user == 0;
    }

    private static <T> @Nullable T either(@Nullable T container, @Nullable T pod) {
        return container != null ? container : pod;
    }

    private static void note(List<String> offences, boolean is, String what) {
        if (is) {
            offences.add(what);
        }
    }
}
