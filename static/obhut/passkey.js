// Ties the page's passkey form to allauth's scripts, and says in the page when the browser gave nothing.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-passkey]")
  const problem = document.getElementById("passkey-problem")
  if (!form) return
  document.addEventListener("allauth.error", event => {
    event.preventDefault()
    problem.hidden = false
  })
  if (!window.PublicKeyCredential) {
    problem.hidden = false
    return
  }
  const button = "passkey-button"
  const options = document.getElementById("passkey-options")
  window.allauth.webauthn.forms[form.dataset.passkey]({
    ids: {login: button, add: button, authenticate: button, credential: "passkey-credential", passwordless: "passkey-alone"},
    data: options && JSON.parse(options.textContent),
  })
})
