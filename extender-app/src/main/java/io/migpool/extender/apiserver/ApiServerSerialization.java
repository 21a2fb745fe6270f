package io.migpool.extender.apiserver;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserSequence;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.migpool.extender.cluster.NeededFields;
import java.io.IOException;
import java.util.Map;

/** Reads what the API server sends without keeping {@linkplain NeededFields what scheduling does not need}. */
public final class ApiServerSerialization extends KubernetesSerialization {

    @Override
    protected void configureMapper(ObjectMapper mapper) {
        mapper.registerModule(NeededFields.ofObjects());
        mapper.addMixIn(WatchEvent.class, StreamedEvent.class);
        super.configureMapper(mapper);
    }

    /** Watches are read by another deserialiser than fabric8's. */
    private interface StreamedEvent {

        @SuppressWarnings("unused") // Jackson reads the annotation
        @JsonDeserialize(using = WatchedObject.class)
        void setObject(Object object);
    }

    /**
     * Reads the object of a watch event while it is parsed, as soon as its kind is known: kube-apiserver writes that first.
     * fabric8 would build a tree of the whole object first, which takes most of the time and memory.
     */
    static final class WatchedObject extends JsonDeserializer<Object> {

        private static final String KIND = "kind";

        /** Those that are large or many. */
        private static final Map<String, Class<? extends KubernetesResource>> STREAMED =
                Map.of("Pod", Pod.class, "Node", Node.class);

        @Override
        public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                return context.readValue(parser, KubernetesResource.class);
            }
            Class<? extends KubernetesResource> type = KubernetesResource.class;
            try (TokenBuffer before = context.bufferForInputBuffering(parser)) {
                before.copyCurrentEvent(parser);
                boolean known = false;
                while (!known && parser.nextToken() == JsonToken.FIELD_NAME) {
                    known = KIND.equals(parser.currentName());
                    before.copyCurrentEvent(parser);
                    if (parser.nextToken() == JsonToken.VALUE_STRING && known) {
                        type = STREAMED.getOrDefault(parser.getText(), type);
                    }
                    before.copyCurrentStructure(parser);
                }
                if (!known) {
                    before.copyCurrentEvent(parser);
                }
                parser.clearCurrentToken();
                JsonParser whole = JsonParserSequence.createFlattened(false, before.asParser(parser), parser);
                whole.nextToken();
                return context.readValue(whole, type);
            }
        }
    }
}
