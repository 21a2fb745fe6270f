package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.migpool.testbed.apiserver.Access;
import io.migpool.testbed.apiserver.RequestRecord;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The applications run with the permissions of the manifests: these suffice, and no account touches what is not its own. */
@ExtendWith(SharedCluster.class)
class LeastPrivilegeTest {

    private static final String ACCOUNT = "system:serviceaccount:kube-system:";
    private static final String SYSTEM = "kube-system";

    @Test
    void noRequestIsRefusedInTheLifeOfAPod(Workload workload) throws Exception {
        Access access = workload.apiServerDouble().access();
        workload.run(GpuPod.named("pod").on(SharedCluster.MIG_NODE).container("main", "gpu", "1", "gpumem", "8000"));
        workload.create(GpuPod.named("huge").container("main", "gpu", "1", "gpumem", "200000"));
        workload.awaitRefusal("huge");
        workload.cluster().restartAgent(SharedCluster.MIG_NODE);
        workload.cluster().restartExtender();
        workload.delete("pod");

        assertThat(access.refusals()).isEmpty();
        assertThat(accounts(access)).containsExactlyInAnyOrder("admission", "device-plugin", "scheduler");
    }

    @Test
    void onlyTheAccountInChargeWrites(Workload workload) {
        Access access = workload.apiServerDouble().access();
        workload.run(GpuPod.named("pod").mode("mig").container("main", "gpu", "1", "gpumem", "8000"));

        assertThat(writers(access, "pods/binding")).containsExactly("scheduler");
        assertThat(writers(access, "pods")).containsExactly("device-plugin");
        assertThat(writers(access, "nodes")).containsExactly("device-plugin");
        assertThat(writers(access, "secrets")).containsExactly("admission");
        assertThat(writers(access, "mutatingwebhookconfigurations")).containsExactly("admission");
        assertThat(writers(access, "configmaps")).isEmpty();
    }

    @Test
    void secretsAndConfigurationAreReadInTheSystemNamespaceOnly(Workload workload) {
        Access access = workload.apiServerDouble().access();

        assertThat(access.requests().keySet())
                .filteredOn(request -> request.user().startsWith(ACCOUNT))
                .filteredOn(request -> Set.of("secrets", "configmaps").contains(request.resource()))
                .isNotEmpty()
                .allSatisfy(request ->
                        assertThat(request.namespace()).as("%s", request).isEqualTo(SYSTEM));
    }

    private static Set<String> writers(Access access, String resource) {
        return access.requests().keySet().stream()
                .filter(request -> request.user().startsWith(ACCOUNT))
                .filter(request -> request.resource().equals(resource))
                .filter(request -> !Set.of("get", "list", "watch").contains(request.verb()))
                .map(LeastPrivilegeTest::account)
                .collect(Collectors.toSet());
    }

    private static Set<String> accounts(Access access) {
        return access.requests().keySet().stream()
                .filter(request -> request.user().startsWith(ACCOUNT))
                .map(LeastPrivilegeTest::account)
                .collect(Collectors.toSet());
    }

    private static String account(RequestRecord request) {
        return request.user().substring(ACCOUNT.length()).replaceFirst("^migpool-", "");
    }
}
