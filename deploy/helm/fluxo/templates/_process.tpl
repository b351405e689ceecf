{{- /* The five processes, each with what it works with. The page (`page`) asks the two APIs and has no server of its own. */}}
{{- define "fluxo.processes" -}}
entries-api: {service: entries, run: api, port: 8001, values: entriesApi, auth: true}
entries-relay: {service: entries, run: relay, port: 8011, values: entriesRelay, streams: true}
balances-api: {service: balances, run: api, port: 8002, values: balancesApi, auth: true, cache: true}
balances-projector: {service: balances, run: projector, port: 8012, values: balancesProjector, streams: true, cache: true}
dashboard: {service: dashboard, port: 8000, values: dashboard, page: true}
{{- end }}

{{- define "fluxo.name" -}}
{{ contains "fluxo" .Release.Name | ternary .Release.Name (printf "%s-fluxo" .Release.Name) | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* What selects pods: never changes in the life of a release. Takes (list root component). */}}
{{- define "fluxo.selector" -}}
app.kubernetes.io/name: fluxo
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- with index . 1 }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "fluxo.labels" -}}
{{ include "fluxo.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}

{{- define "fluxo.image" -}}
{{- $image := (index . 0).Values.image }}
{{- $image.registry }}{{ get $image (index . 1) }}:{{ $image.tag | default (index . 0).Chart.AppVersion }}
{{- with get $image (printf "%sDigest" (index . 1)) }}@{{ . }}{{ end }}
{{- end }}

{{- /* The "restricted" Pod Security Standard; the numbers are the image's. */}}
{{- define "fluxo.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "fluxo.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "fluxo.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "fluxo.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom: {secretKeyRef: {name: {{ index . 1 }}, key: {{ index . 2 }}}}
{{- end }}

{{- /* Where the page is, whom it asks, and how people sign in. */}}
{{- define "fluxo.pageEnv" -}}
{{- $page := .Values.dashboard -}}
- name: FLUXO_DASHBOARD_URL
  value: {{ required "dashboard.url: by what address do browsers find the page?" $page.url | quote }}
{{ include "fluxo.secretEnv" (list "FLUXO_DASHBOARD_SESSION_KEY" $page.existingSecret $page.sessionKeyKey) }}
- name: FLUXO_ENTRIES_URL
  value: http://{{ include "fluxo.name" . }}-entries-api:8001
- name: FLUXO_BALANCES_URL
  value: http://{{ include "fluxo.name" . }}-balances-api:8002
- name: FLUXO_OIDC_ISSUER
  value: {{ .Values.auth.issuer | quote }}
- name: FLUXO_OIDC_CLIENT_ID
  value: {{ required "dashboard.oidc.clientId: what is the page called at the identity provider?" $page.oidc.clientId | quote }}
{{- with $page.oidc.clientSecretKey }}
{{ include "fluxo.secretEnv" (list "FLUXO_OIDC_CLIENT_SECRET" $page.existingSecret .) }}
{{- end }}
{{- with $page.oidc.scopes }}
- name: FLUXO_OIDC_SCOPES
  value: {{ . | quote }}
{{- end }}
{{- end }}

{{- /* Whether the API has a role of its own: "api", else "app". Takes (list root service). */}}
{{- define "fluxo.apiRole" -}}
{{- $root := index . 0 }}{{ $service := index . 1 }}{{ $given := get $root.Values.database $service }}
{{- $own := ternary (get $root.Values.cloudnativepg (printf "%sApiSecret" $service)) $given.apiUrlKey $root.Values.cloudnativepg.enabled }}
{{- ternary "api" "app" (not (empty $own)) }}
{{- end }}

{{- /* The database as "app", the role of the workers, or as "api". Takes (list root service role variable). */}}
{{- define "fluxo.databaseEnv" -}}
{{- $root := index . 0 }}{{ $service := index . 1 }}{{ $role := index . 2 }}{{ $given := get $root.Values.database $service }}
{{- $variable := printf "FLUXO_%s_%s" (upper $service) (index . 3) }}
{{- if $root.Values.cloudnativepg.enabled }}
{{- $password := printf "%s_PASSWORD" (upper $role) }}
{{- include "fluxo.secretEnv" (list $password (get $root.Values.cloudnativepg (printf "%s%sSecret" $service (title $role))) "password") }}
- name: {{ $variable }}
  value: postgresql://fluxo_{{ $service }}_{{ $role }}:$({{ $password }})@{{ include "fluxo.name" $root }}-{{ $service }}-db-rw:5432/fluxo_{{ $service }}?sslmode=require
{{- else }}
{{- include "fluxo.secretEnv" (list $variable $given.existingSecret (get $given (printf "%sUrlKey" $role))) }}
{{- end }}
{{- end }}

{{- /* The database as its owner, for the migration alone. */}}
{{- define "fluxo.ownerEnv" -}}
{{- $root := index . 0 }}{{ $service := index . 1 }}{{ $given := get $root.Values.database $service }}
{{- $variable := printf "FLUXO_%s_MIGRATION_DATABASE_URL" (upper $service) }}
{{- if $root.Values.cloudnativepg.enabled }}
{{- include "fluxo.secretEnv" (list $variable (printf "%s-%s-db-app" (include "fluxo.name" $root) $service) "uri") }}
{{- else }}
{{- include "fluxo.secretEnv" (list $variable $given.existingSecret $given.ownerUrlKey) }}
{{- end }}
{{- end }}
