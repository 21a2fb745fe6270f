package io.migpool.extender.observe;

import io.migpool.extender.cluster.ClusterState;
import io.migpool.extender.cluster.GpuQuota;
import io.migpool.extender.pool.NodeView;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Quotas of namespaces and what is used of them, under HAMi's metric names. */
final class QuotaFigures implements FigureSource {

    private static final String USED = "What the namespace's pods use of the quota, in the quota's unit";

    private record Quota(String namespace, String resource, long limit, long used) {}

    private final ClusterState cluster;
    private final boolean legacy;

    /**
     * @param cluster the quotas
     * @param legacy whether HAMi's name before 2.9 is written too
     */
    QuotaFigures(ClusterState cluster, boolean legacy) {
        this.cluster = cluster;
        this.legacy = legacy;
    }

    @Override
    public void writeTo(GaugeText text, List<NodeView> nodes) throws IOException {
        List<Quota> quotas = quotas();
        text.head("hami_resource_quota_used", USED);
        for (Quota quota : quotas) {
            text.sample(
                    LabelText.of(
                            "limit", quota.limit(),
                            "namespace", quota.namespace(),
                            "quota_name", quota.resource(),
                            "zone", ZONE),
                    (double) quota.used());
        }
        if (legacy) {
            text.head("QuotaUsed", USED);
            for (Quota quota : quotas) {
                text.sample(
                        LabelText.of(
                                "limit", quota.limit(),
                                "quotaName", quota.resource(),
                                "quotanamespace", quota.namespace(),
                                "zone", ZONE),
                        (double) quota.used());
            }
        }
        text.head("hami_resource_quota_limit", "What the namespace's pods may use in total");
        for (Quota quota : quotas) {
            text.sample(
                    LabelText.of("namespace", quota.namespace(), "quota_name", quota.resource(), "zone", ZONE),
                    (double) quota.limit());
        }
    }

    private List<Quota> quotas() {
        List<Quota> quotas = new ArrayList<>();
        for (Map.Entry<String, GpuQuota> entry : cluster.quotas().entrySet()) {
            GpuQuota quota = entry.getValue();
            quota.memoryMiB()
                    .ifPresent(limit -> quotas.add(new Quota(
                            entry.getKey(),
                            cluster.resources().memory(),
                            limit,
                            quota.used().memoryMiB())));
            quota.cores()
                    .ifPresent(limit -> quotas.add(new Quota(
                            entry.getKey(),
                            cluster.resources().cores(),
                            limit,
                            quota.used().cores())));
        }
        return quotas;
    }
}
