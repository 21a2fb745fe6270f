package io.migpool.config.source;

import java.util.Optional;

/**
 * What a source knows about its document at one moment.
 *
 * @param answered whether the store of the document has been reached at all
 * @param document the last readable version; kept when later ones cannot be read
 * @param problem why the latest version could not be read; empty if it could
 * @param ref where the document comes from; empty without a store
 */
public record DocumentState(
        boolean answered, Optional<ParsedDocument> document, Optional<String> problem, Optional<ConfigMapRef> ref) {

    static final DocumentState NO_STORE = new DocumentState(true, Optional.empty(), Optional.empty(), Optional.empty());

    static DocumentState waitingFor(ConfigMapRef ref) {
        return new DocumentState(false, Optional.empty(), Optional.empty(), Optional.of(ref));
    }

    DocumentState at(ConfigMapRef seen) {
        return new DocumentState(answered, document, problem, Optional.of(seen));
    }

    DocumentState present(ParsedDocument read) {
        return new DocumentState(true, Optional.of(read), Optional.empty(), ref);
    }

    DocumentState absent() {
        return new DocumentState(true, Optional.empty(), Optional.empty(), ref);
    }

    DocumentState refused(String why) {
        return new DocumentState(true, document, Optional.of(why), ref);
    }
}
