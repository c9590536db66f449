from core import scenario


def config_for(name, profile, client="both"):
    @scenario(f"config/{name}", profile, client=client)
    def _(c, u):
        u.get("config")


config_for("default", "optional")
config_for("signup_closed", "closed")
config_for("verification_by_code", "code", client="app")
config_for("username_login", "username")
config_for("username_and_email_login", "both", client="browser")
config_for("phone_login", "phone", client="app")
config_for("phone_and_email_login", "phone_code", client="app")
config_for("login_by_code", "login_code", client="browser")
config_for("password_reset_by_code", "reset_code", client="browser")
config_for("passkeys", "passkey", client="browser")
config_for("mfa_types", "mfa_digits", client="app")
config_for("social_providers", "social")
config_for("social_only_without_mfa", "social_only", client="browser")
config_for("track_activity", "track", client="browser")
config_for("app_only", "app_only", client="app")
