package io.migpool.testbed.apiserver;

import static io.migpool.testbed.apiserver.ClusterFixture.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QuantityTest {

    @Test
    void theServerRewritesTheQuantitiesOfAPodAndTakesRequestsFromLimits() {
        try (ClusterFixture cluster = new ClusterFixture()) {
            Pod created = cluster.create(pod("sized")
                    .editSpec()
                    .editFirstContainer()
                    .withNewResources()
                    .withLimits(Map.of("nvidia.com/gpu", new Quantity("1"), "nvidia.com/gpumem", new Quantity("8000")))
                    .endResources()
                    .endContainer()
                    .endSpec()
                    .build());

            var resources = created.getSpec().getContainers().getFirst().getResources();
            assertThat(resources.getLimits()).hasEntrySatisfying("nvidia.com/gpumem", quantity -> {
                assertThat(quantity.toString()).isEqualTo("8k");
                assertThat(quantity.getNumericalAmount()).isEqualByComparingTo("8000");
            });
            assertThat(resources.getRequests()).isEqualTo(resources.getLimits());
        }
    }

    @Test
    void aNumberInTheManifestBecomesText() throws Exception {
        try (ClusterFixture cluster = new ClusterFixture()) {
            String body = cluster.send(
                            "POST",
                            "/api/v1/namespaces/default/pods",
                            "{\"metadata\":{\"name\":\"n\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"b\","
                                    + "\"resources\":{\"limits\":{\"nvidia.com/gpu\":2,\"cpu\":0.5}}}]}}")
                    .body();
            assertThat(body).contains("\"nvidia.com/gpu\":\"2\"").contains("\"cpu\":\"500m\"");
        }
    }

    @Test
    void aQuantityThatIsNoneIsABadRequestThatNamesIt() throws Exception {
        try (ClusterFixture cluster = new ClusterFixture()) {
            var response = cluster.send(
                    "POST",
                    "/api/v1/namespaces/default/pods",
                    "{\"metadata\":{\"name\":\"n\"},\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"b\","
                            + "\"resources\":{\"limits\":{\"nvidia.com/gpumem\":\"lots\"}}}]}}");
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(response.body()).contains("quantities must match").contains("nvidia.com/gpumem");
        }
    }
}
