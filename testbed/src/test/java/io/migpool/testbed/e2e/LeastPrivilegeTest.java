package io.migpool.testbed.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.migpool.testbed.apiserver.access.Access;
import io.migpool.testbed.apiserver.access.RequestRecord;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The applications run with the permissions of the manifests: these are sufficient, and no account accesses anything
 * else.
 */
@ExtendWith(SharedCluster.class)
class LeastPrivilegeTest {

    private static final String ACCOUNT = "system:serviceaccount:kube-system:";
    private static final String SYSTEM = "kube-system";
    private static final String OURS = "migpool-";
    private static final String KUBE_SCHEDULER = "kube-scheduler";

    /** What a pod in a healthy cluster does not need: renewals, repairs, the MIG manager's role, kube-scheduler's own election. */
    private static final Set<String> RARELY_USED = Set.of(
            right("admission", "update", "", "secrets"),
            right("device-plugin", "create", "", "configmaps"),
            right("device-plugin", "patch", "", "configmaps"),
            right("device-plugin", "create", "", "pods/eviction"),
            right("device-plugin", "create", "events.k8s.io", "events"),
            right("device-plugin", "get", "", "pods"),
            right("scheduler", "get", "", "pods"),
            right("scheduler", "patch", "", "pods/status"),
            right("scheduler", "create", "coordination.k8s.io", "leases"),
            right("scheduler", "update", "coordination.k8s.io", "leases"));

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
    void kubeSchedulerUsesTheAccountOfItsDeployment(Workload workload) throws Exception {
        Access access = workload.apiServerDouble().access();
        workload.create(GpuPod.named("huge").container("main", "gpu", "1", "gpumem", "200000"));
        workload.awaitRefusal("huge");

        assertThat(access.requests().keySet())
                .filteredOn(request -> request.program().equals(KUBE_SCHEDULER))
                .extracting(RequestRecord::user, RequestRecord::verb, RequestRecord::resource)
                .contains(
                        tuple(ACCOUNT + "migpool-scheduler", "watch", "pods"),
                        tuple(ACCOUNT + "migpool-scheduler", "patch", "pods/status"),
                        tuple(ACCOUNT + "migpool-scheduler", "get", "configmaps"))
                .allSatisfy(request -> assertThat(request.toList()).first().isEqualTo(ACCOUNT + "migpool-scheduler"));
    }

    @Test
    void noAccountMayDoWhatItNeverDoes(Workload workload) throws Exception {
        Access access = workload.apiServerDouble().access();
        workload.run(GpuPod.named("pod").on(SharedCluster.MIG_NODE).container("main", "gpu", "1", "gpumem", "8000"));
        workload.create(GpuPod.named("huge").container("main", "gpu", "1", "gpumem", "200000"));
        workload.awaitRefusal("huge");
        workload.cluster().restartAgent(SharedCluster.MIG_NODE);
        workload.cluster().restartExtender();

        Set<String> unused = new TreeSet<>(rights(workload.client()));
        ofOurs(access)
                .map(request -> right(account(request), request.verb(), request.group(), request.resource()))
                .forEach(unused::remove);

        assertThat(unused).isSubsetOf(RARELY_USED);
    }

    /** Returns the permissions of MigPool's roles; those of kube-scheduler are Kubernetes' own. */
    private static Set<String> rights(KubernetesClient client) {
        Map<String, List<PolicyRule>> cluster = client.rbac().clusterRoles().list().getItems().stream()
                .collect(Collectors.toMap(role -> role.getMetadata().getName(), ClusterRole::getRules));
        Map<String, List<PolicyRule>> own = client.rbac().roles().inNamespace(SYSTEM).list().getItems().stream()
                .collect(Collectors.toMap(role -> role.getMetadata().getName(), Role::getRules));
        Set<String> rights = new HashSet<>();
        client.rbac().clusterRoleBindings().list().getItems().forEach(binding -> binding.getSubjects()
                .forEach(subject -> rights.addAll(rights(
                        subject,
                        cluster.getOrDefault(binding.getRoleRef().getName(), List.of()),
                        binding.getRoleRef()))));
        client.rbac().roleBindings().inNamespace(SYSTEM).list().getItems().forEach(binding -> binding.getSubjects()
                .forEach(subject -> rights.addAll(rights(
                        subject, own.getOrDefault(binding.getRoleRef().getName(), List.of()), binding.getRoleRef()))));
        assertThat(rights).contains(right("scheduler", "create", "", "pods/binding"));
        return rights;
    }

    private static Set<String> rights(Subject subject, List<PolicyRule> rules, RoleRef role) {
        if (!subject.getName().startsWith(OURS) || !role.getName().startsWith(OURS)) {
            return Set.of();
        }
        Set<String> rights = new HashSet<>();
        for (PolicyRule rule : rules) {
            for (String group : rule.getApiGroups()) {
                for (String resource : rule.getResources()) {
                    rule.getVerbs()
                            .forEach(verb -> rights.add(
                                    right(subject.getName().substring(OURS.length()), verb, group, resource)));
                }
            }
        }
        return rights;
    }

    private static String right(String account, String verb, String group, String resource) {
        return "%s: %s %s".formatted(account, verb, group.isEmpty() ? resource : group + "/" + resource);
    }

    @Test
    void secretsAndConfigurationAreReadInTheSystemNamespaceOnly(Workload workload) {
        Access access = workload.apiServerDouble().access();

        assertThat(ofOurs(access))
                .filteredOn(request -> Set.of("secrets", "configmaps").contains(request.resource()))
                .isNotEmpty()
                .allSatisfy(request ->
                        assertThat(request.namespace()).as("%s", request).isEqualTo(SYSTEM));
    }

    private static Set<String> writers(Access access, String resource) {
        return ofOurs(access)
                .filter(request -> request.resource().equals(resource))
                .filter(request -> !Set.of("get", "list", "watch").contains(request.verb()))
                .map(LeastPrivilegeTest::account)
                .collect(Collectors.toSet());
    }

    private static Set<String> accounts(Access access) {
        return ofOurs(access).map(LeastPrivilegeTest::account).collect(Collectors.toSet());
    }

    /** Returns the requests of MigPool's applications; kube-scheduler has the extender's account. */
    private static Stream<RequestRecord> ofOurs(Access access) {
        return access.requests().keySet().stream()
                .filter(request -> request.user().startsWith(ACCOUNT))
                .filter(request -> !request.program().equals(KUBE_SCHEDULER));
    }

    private static String account(RequestRecord request) {
        return request.user().substring(ACCOUNT.length()).replaceFirst("^migpool-", "");
    }
}
