// Asks the browser for a security key or passkey. The form carries in data-options what the server wants (WebAuthn's JSON
// form) and takes the answer in its field `credential`; without scripts, or without a key, the rest of the page still works.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const made = async (asked) => {
    const publicKey = { ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: known(asked.excludeCredentials) };
    const key = await navigator.credentials.create({ publicKey });
    return { attestationObject: text(key.response.attestationObject), key };
  };

  const shown = async (asked) => {
    const key = await navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) } });
    return { authenticatorData: text(key.response.authenticatorData), signature: text(key.response.signature), key };
  };

  const answer = async (form) => {
    const asked = JSON.parse(form.dataset.options).publicKey;
    const { key, ...response } = await (form.dataset.key === "make" ? made(asked) : shown(asked));
    response.clientDataJSON = text(key.response.clientDataJSON);
    return { id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: key.getClientExtensionResults() };
  };

  document.querySelectorAll("form[data-key]").forEach((form) => {
    const said = form.querySelector("[data-key-said]");
    form.hidden = false;
    if (!window.PublicKeyCredential) {
      said.textContent = form.dataset.absent;
      form.querySelector("button").disabled = true;
      return;
    }
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      said.textContent = form.dataset.waiting;
      try {
        form.elements.credential.value = JSON.stringify(await answer(form));
        form.submit();
      } catch (error) {
        said.textContent = form.dataset.failed;
      }
    });
  });
})();
