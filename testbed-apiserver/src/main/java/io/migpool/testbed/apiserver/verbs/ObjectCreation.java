package io.migpool.testbed.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.migpool.testbed.apiserver.admission.Admission;
import io.migpool.testbed.apiserver.admission.AdmissionRequest;
import io.migpool.testbed.apiserver.kinds.KindStrategies;
import io.migpool.testbed.apiserver.kinds.KindStrategy;
import io.migpool.testbed.apiserver.kinds.Names;
import io.migpool.testbed.apiserver.kinds.ObjectReader;
import io.migpool.testbed.apiserver.model.ApiException;
import io.migpool.testbed.apiserver.model.EventConversion;
import io.migpool.testbed.apiserver.model.FieldError;
import io.migpool.testbed.apiserver.model.Identities;
import io.migpool.testbed.apiserver.model.Json;
import io.migpool.testbed.apiserver.model.ObjectKey;
import io.migpool.testbed.apiserver.model.ObjectMeta;
import io.migpool.testbed.apiserver.model.ResourceKind;
import io.migpool.testbed.apiserver.model.ResourceKinds;
import io.migpool.testbed.apiserver.request.RequestContext;
import io.migpool.testbed.apiserver.store.ObjectStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** Creates objects. */
public final class ObjectCreation {
    private final ObjectStore store;
    private final Admission admission;
    private final Identities identities;
    private final Clock clock;
    private final EventExpiry events;

    ObjectCreation(ObjectStore store, Admission admission, Identities identities, Clock clock) {
        this.store = store;
        this.admission = admission;
        this.identities = identities;
        this.clock = clock;
        this.events = new EventExpiry(store, clock);
    }

    /** Creates what a client sent; returns the stored object, which must not be modified. */
    public ObjectNode create(RequestContext context, ResourceKind sentKind, String namespace, ObjectNode sent) {
        ResourceKind kind = EventConversion.storedKind(sentKind);
        if (!ObjectMeta.resourceVersion(sent).isEmpty()
                && !ObjectMeta.resourceVersion(sent).equals("0")) {
            throw ApiException.badRequest("resourceVersion should not be set on objects to be created");
        }
        ObjectNode object = ObjectReader.read(sentKind, sent);
        placeInNamespace(kind, namespace, object);
        ObjectMeta.wipeServerOwned(object);

        ObjectKey unnamed = new ObjectKey(kind, namespace, ObjectMeta.name(object));
        object = admission.mutate(AdmissionRequest.create(context, unnamed, object));
        object = ObjectReader.settle(kind, object.deepCopy());

        ObjectNode metadata = ObjectMeta.of(object);
        boolean generated = ObjectMeta.name(object).isEmpty()
                && !Json.text(metadata, "generateName").isEmpty();
        if (generated) {
            metadata.put("name", identities.name(Json.text(metadata, "generateName")));
        }
        KindStrategy strategy = KindStrategies.of(kind);
        strategy.defaults(object);
        strategy.prepareCreate(object);
        metadata.put("uid", identities.uid()).put("creationTimestamp", ObjectMeta.now(clock));
        if (kind.is(ResourceKind.Trait.GENERATION)) {
            metadata.put("generation", 1);
        }
        List<FieldError> errors = new ArrayList<>(Names.validate(kind, object));
        errors.addAll(strategy.validate(object));
        errors.addAll(strategy.validateCreate(sentKind, object));
        if (!errors.isEmpty()) {
            throw ApiException.invalid(kind, ObjectMeta.name(object), errors);
        }
        ObjectKey key = new ObjectKey(kind, namespace, ObjectMeta.name(object));
        admission.validate(AdmissionRequest.create(context, key, object));
        if (context.dryRun()) {
            if (store.get(key).isPresent()) {
                throw ApiException.alreadyExists(kind, key.name());
            }
            return object;
        }
        if (kind.equals(ResourceKinds.EVENTS)) {
            events.sweep();
        }
        return store.create(key, object).orElseThrow(() -> ApiException.alreadyExists(kind, key.name()));
    }

    private static void placeInNamespace(ResourceKind kind, String namespace, ObjectNode object) {
        String sent = Json.text(object, "metadata", "namespace");
        if (!sent.isEmpty() && !sent.equals(namespace)) {
            throw ApiException.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request");
        }
        if (kind.namespaced()) {
            ObjectMeta.of(object).put("namespace", namespace);
        }
    }
}
